"""人员与队伍: units, persons, dated assignments, users and what they may do where."""
