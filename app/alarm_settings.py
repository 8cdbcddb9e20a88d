"""The settings that are limits of alarms.

This module reads nothing: `app.settings.Settings`, which has these settings too, reads the environment.
"""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from app.domain.monitoring.rules.alarms import AlarmThresholds


class AlarmSettings(BaseModel):
    """The limits beyond which the monitoring raises an alarm."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    alarm_worker_minutes: int = Field(5, ge=1, description="Alarm when the worker gave no sign of life for so long.")
    alarm_queue_minutes: int = Field(15, ge=1, description="Alarm when work in the background waits for so long.")
    alarm_disk_percent: int = Field(
        15, ge=1, le=90, description="Alarm when less than this is free where files are stored."
    )
    alarm_signatures_hours: int = Field(72, ge=1, description="Alarm when the scanner's signatures are older.")
    alarm_head_minutes: int = Field(
        5, ge=1, description="Alarm when a line of the journal is covered by no signed head for so long."
    )
    alarm_witness_minutes: int = Field(30, ge=1, description="Alarm when a witness has not cosigned for so long.")
    alarm_letters_minutes: int = Field(
        60, ge=1, description="Alarm when a notification waits for the mail server for so long."
    )
    alarm_certificate_days: int = Field(21, ge=1, description="Alarm when the portal's certificate ends sooner.")
    alarm_backup_hours: int = Field(36, ge=1, description="Alarm when the last backup is older.")
    alarm_check_hours: int = Field(36, ge=1, description="Alarm when the last check of the whole record is older.")
    alarm_refusals: int = Field(
        100,
        ge=10,
        description="Alarm when one person was refused so often within ten minutes, or one address ten times as often.",
    )
    alarm_key_days: int = Field(730, ge=1, description="Alarm when the key that signs has signed for longer.")

    @property
    def alarm_thresholds(self) -> AlarmThresholds:
        """Limits beyond which the monitoring raises an alarm."""
        return AlarmThresholds(
            worker_silent=timedelta(minutes=self.alarm_worker_minutes),
            oldest_due=timedelta(minutes=self.alarm_queue_minutes),
            disk_free=self.alarm_disk_percent / 100,
            signatures_age=timedelta(hours=self.alarm_signatures_hours),
            letter_age=timedelta(minutes=self.alarm_letters_minutes),
            certificate_left=timedelta(days=self.alarm_certificate_days),
            headless=timedelta(minutes=self.alarm_head_minutes),
            witness_behind=timedelta(minutes=self.alarm_witness_minutes),
            backup_age=timedelta(hours=self.alarm_backup_hours),
            check_age=timedelta(hours=self.alarm_check_hours),
            key_age=timedelta(days=self.alarm_key_days),
        )
