"""A database that may not be copied says what is missing."""

from __future__ import annotations

import dataclasses

import pytest
from django.conf import settings
from django.db import connection

from chengxin.core.postgres import BaseBackupFailed, copy_database


def test_a_user_without_the_right_to_copy_is_told_the_remedy_and_gets_nothing(transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS plain_user")
        cursor.execute("CREATE ROLE plain_user LOGIN")
    target = dataclasses.replace(settings.DATABASE_TARGET, user="plain_user", name=connection.settings_dict["NAME"], data=None)
    taken: list[bytes] = []
    try:
        with pytest.raises(BaseBackupFailed, match="REPLICATION"):
            copy_database(target, taken.append)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP ROLE plain_user")
    assert taken == []
