"""The service that opens untrusted files: one process that forks a confined one for each task.

It is given descriptors and opens no path of the portal. `client` is what portal and worker call; `service` is the
server, `task_process` and `conversion` what it forks, `confinement` what those give up, with `landlock` and `seccomp`;
`isolation` measures it, `fair_slots` says which task is next, `tasks` names the tasks.
"""
