"""The first tables of an empty database: a step that only makes tables makes each at once as it ends up.

Django applies a step operation by operation, and draws up all models anew after each: half a minute for an empty
database. Where a step does nothing but make new tables with their fields, constraints, indexes and triggers, the result
is the same if its operations are first taken together. All other steps go the ordinary way. A test compares both ways.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import AddConstraint, AddField, AddIndex, CreateModel
from pgtrigger.migrations import AddTrigger

#: What may be taken together: it adds to a table that the same step makes.
ADDING = (AddConstraint, AddField, AddIndex, AddTrigger)


class Executor(MigrationExecutor):
    """Django's executor, quicker on steps that only make tables."""

    def apply_migration(self, state: Any, migration: Any, fake: bool = False, fake_initial: bool = False) -> Any:
        """Apply one step and return the state after it."""
        if fake or not migration.initial or not only_makes(migration):
            return super().apply_migration(state, migration, fake=fake, fake_initial=fake_initial)
        state = state.clone()
        state.__dict__.pop("apps", None)  # the operations change the plain state; the models are drawn up once after
        for one in migration.operations:
            one.state_forwards(migration.app_label, state)
        with connection.schema_editor(atomic=True) as editor:
            for one in migration.operations:
                if isinstance(one, CreateModel):
                    model = state.apps.get_model(migration.app_label, one.name)
                    if model._meta.can_migrate(connection):
                        editor.create_model(model)
            for one in migration.operations:
                if isinstance(one, AddTrigger):
                    one.database_forwards(migration.app_label, editor, state, state)
        self.record_migration(migration)
        return state


def only_makes(migration: Any) -> bool:
    """Tell whether a step makes tables and nothing else."""
    made = {one.name_lower for one in migration.operations if isinstance(one, CreateModel)}
    return bool(made) and all(
        isinstance(one, CreateModel) or (isinstance(one, ADDING) and one.model_name.lower() in made)
        for one in migration.operations
    )


def make() -> None:
    """Make all tables of an empty database; those of packages first, while there are few models to draw up."""
    executor = Executor(connection)
    executor.loader.check_consistent_history(connection)
    ours = {key[0] for key, one in executor.loader.disk_migrations.items() if one.__module__.startswith("lingtan.")}
    targets = sorted(executor.loader.graph.leaf_nodes(), key=lambda key: (key[0] in ours, key))
    executor.migrate(targets)
