"""Silence procedures: adoption of a text unless a Member State objects; positions of States; statements on adopted
texts."""
