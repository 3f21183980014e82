from django.db import migrations

# Every two neighbouring characters of a text, in small letters, once each. The cost keeps the planner from working it out row by row
# where the index answers.
GRAMS = """
CREATE FUNCTION chengxin_grams(given text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$
 SELECT COALESCE(array_agg(DISTINCT one || next), '{}')
 FROM unnest(string_to_array(lower(given), NULL), (string_to_array(lower(given), NULL))[2:]) AS pair (one, next)
 WHERE next IS NOT NULL
$$
"""


class Migration(migrations.Migration):
    """What search asks an index for: see ui/search.py."""

    initial = True
    dependencies: list[tuple[str, str]] = []
    operations = [migrations.RunSQL(GRAMS, "DROP FUNCTION chengxin_grams(text)")]
