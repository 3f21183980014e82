"""Pure building blocks of rules: periods, dated series, calendar months, the work calendar. No Django, no clock, no I/O."""
