"""Setting up an empty database in a tenth of the time.

While migrations run, Django keeps a historical copy of every model and renders anew whatever is related to a model that changed; in a
house whose tables all lead to persons and units that is nearly everything, at every step. A new model or field, an index, a constraint or a
trigger changes the table of no other model, so here only the model itself is rendered: others go on referring to its copy of before, which
has the same table and key. Where that may not hold, and before Python code of a migration sees the models, all are rendered anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from unittest.mock import patch

from django.db.migrations.state import ModelState, ProjectState
from pgtrigger.migrations import AddTrigger

ALTER_FIELD = ProjectState.alter_field


def migrate() -> None:
    """Bring the tables up to date, quietly. Needs Django set up and the database running."""
    from django.core.management import call_command

    with only_what_is_new_is_rendered():
        call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)


@contextmanager
def only_what_is_new_is_rendered() -> Iterator[None]:
    """For the time of a ``migrate``; the tables that come of it are the same."""
    with (
        patch.object(ProjectState, "add_model", _add_model),
        patch.object(ProjectState, "reload_model", _reload_model),
        patch.object(ProjectState, "reload_models", _reload_models),
        patch.object(ProjectState, "alter_field", _alter_field),
        patch.object(ProjectState, "_append_option", _append_option),
        patch.object(AddTrigger, "state_forwards", _add_trigger),
    ):
        yield


def _add_model(self: ProjectState, model_state: ModelState) -> None:
    key = model_state.app_label, model_state.name_lower
    self.models[key] = model_state
    if vars(self)["_relations"] is not None:
        self.resolve_model_relations(key)
    if "apps" in self.__dict__:
        self.is_delayed = True
        self.apps.render_multiple([model_state])


def _reload_model(self: ProjectState, app_label: str, model_name: str, delay: bool = False) -> None:  # noqa: ARG001
    if "apps" in self.__dict__:
        self.is_delayed = True
        cast(Any, self)._reload({(app_label, model_name.lower())})


def _reload_models(self: ProjectState, models: Any, delay: bool = True) -> None:  # noqa: ARG001
    """After a renaming: everything, when it is asked for next."""
    self.is_delayed = True
    self.clear_delayed_apps_cache()


def _alter_field(self: ProjectState, app_label: str, model_name: str, name: str, field: Any, preserve_default: bool) -> None:
    """A key or whatever others may refer to concerns them too."""
    before = self.models[app_label, model_name].fields[name]
    ALTER_FIELD(self, app_label, model_name, name, field, preserve_default)
    if before.unique or field.unique:
        self.is_delayed = True
        self.clear_delayed_apps_cache()


def _append_option(self: ProjectState, app_label: str, model_name: str, option_name: str, obj: Any) -> None:
    options = self.models[app_label, model_name].options
    options[option_name] = [*options.get(option_name, []), obj]
    if "apps" in self.__dict__:
        self.is_delayed = True
        setattr(self.apps.get_model(app_label, model_name)._meta, option_name, options[option_name])


def _add_trigger(self: AddTrigger, app_label: str, state: ProjectState) -> None:
    _append_option(state, app_label, self.model_name, "triggers", self.trigger)
