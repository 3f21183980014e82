"""Commands of 考试: the bank, an exam's life, a sitting, marking and objections."""
