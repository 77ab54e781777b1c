"""`openspm compile`: has dbt compile the models once for all companies."""

from __future__ import annotations

from openspm.cli.options import JsonOption, QuietOption
from openspm.cli.terminal import Screen


def compile_models(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Compile the models for all companies, where they changed; `make setup` does it, else the next run does."""
    from openspm.model_compiler import compile_models as compile_all
    from openspm.settings import load_settings, named_company_dir

    screen = Screen(as_json, quiet)
    with screen.progress() as progress:
        task = None if progress is None else progress.add_task("compiling the models", total=None)

        def show(done: int) -> None:
            if progress is not None and task is not None:
                progress.update(task, description=f"compiling the models: {done} done")

        folder, is_new = compile_all(load_settings(named_company_dir()), show)
    screen.answer({"folder": folder, "is_new": is_new})
    screen.say(f"The models are compiled, in {folder}." if is_new else f"The models were compiled before, in {folder}.")
