"""Rendering only what is new while migrations run leads to the same models."""

from __future__ import annotations

from django.db import models
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, AlterField, CreateModel, RemoveField, RenameModel
from django.db.migrations.state import ProjectState

from chengxin.cli.migrating import only_what_is_new_is_rendered

STEPS = (
    CreateModel("Town", [("id", models.AutoField(primary_key=True)), ("name", models.CharField(max_length=9))]),
    CreateModel("House", [("id", models.AutoField(primary_key=True)), ("town", models.ForeignKey("sample.Town", models.CASCADE))]),
    AddIndex("Town", models.Index(fields=["name"], name="town_by_name")),
    AddConstraint("Town", models.UniqueConstraint(fields=["name"], name="one_town_a_name")),
    AddField("House", "beside", models.ForeignKey("sample.House", models.CASCADE, null=True)),
    AddField("Town", "oldest", models.ForeignKey("sample.House", models.CASCADE, null=True, related_name="+")),
    AlterField("House", "town", models.ForeignKey("sample.Town", models.CASCADE, null=True)),
    AddField("House", "number", models.IntegerField(default=0), preserve_default=False),
    RemoveField("Town", "oldest"),
)


def _walked() -> ProjectState:
    state = ProjectState()
    assert state.apps  # as in a migration, where the models are asked for from the first step on
    for step in STEPS:
        state = state.clone()
        step.state_forwards("sample", state)
    return state


def test_what_is_known_of_the_models_is_the_same() -> None:
    whole = _walked()
    with only_what_is_new_is_rendered():
        quick = _walked()
    assert quick == whole
    town = quick.apps.get_model("sample", "Town")
    assert [each.name for each in town._meta.constraints] == ["one_town_a_name"]
    assert [each.name for each in town._meta.indexes] == ["town_by_name"]


def test_a_changed_key_and_a_new_name_reach_whoever_refers_to_them() -> None:
    with only_what_is_new_is_rendered():
        state = _walked().clone()
        for step in (AlterField("Town", "id", models.UUIDField(primary_key=True)), RenameModel("House", "Home")):
            state = state.clone()
            step.state_forwards("sample", state)
        home, town = state.apps.get_model("sample", "Home"), state.apps.get_model("sample", "Town")
    assert home._meta.get_field("town").remote_field.model is town
    assert home._meta.get_field("town").target_field.get_internal_type() == "UUIDField"
    assert [each.name for each in town._meta.related_objects] == ["home"]


def test_code_of_a_migration_sees_the_models_whole() -> None:
    with only_what_is_new_is_rendered():
        state = _walked()
        assert state.is_delayed
        state.clear_delayed_apps_cache()  # as RunPython does
        assert [each.name for each in state.apps.get_model("sample", "Town")._meta.related_objects] == ["house"]


def test_nothing_stays_changed_afterwards() -> None:
    before = ProjectState.add_model
    with only_what_is_new_is_rendered():
        assert ProjectState.add_model is not before
    assert ProjectState.add_model is before
