"""The database itself refuses to change, delete or truncate what the ledger and a frozen round hold."""

from django.db import migrations

TABLES = ("appraisal_ledgerentry", "appraisal_snapshot", "appraisal_panelnote", "appraisal_correction")

FORWARDS = """
CREATE FUNCTION appraisal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger and frozen rounds are append-only: % on % refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION appraisal_append_only();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION appraisal_append_only();
"""
    for table in TABLES
)

BACKWARDS = "".join(
    f"DROP TRIGGER append_only_rows ON {table}; DROP TRIGGER append_only_table ON {table};" for table in TABLES
) + "DROP FUNCTION appraisal_append_only();"


class Migration(migrations.Migration):
    dependencies = [("appraisal", "0001_initial")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
