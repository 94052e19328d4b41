"""Exported files load in `datasets` and are trained on by TRL: columns, the embedded model's template, LoRA steps.

Nothing here needs a network once the embedded model is on the machine.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from storage.database import Database
from storage.repositories.selected import Wanted
from tests.export.training.stored import DOGS, LEGS, store, two_turns
from tests.parts import require
from webapp.export.training import files
from webapp.export.training.making import make, order
from webapp.export.training.settings import TrainingSettings
from webapp.export.training.template import Template

try:
    import datasets
    import peft
    import trl
except ImportError:
    datasets = peft = trl = None  # type: ignore[assignment]

STEPS = 2


@pytest.fixture(autouse=True)
def _parts() -> None:
    require(trl is not None, "there is no trl", "pip install -r tests/requirements.txt")


@pytest.fixture(scope="module")
def template(embedded_model: Path) -> Template:
    return Template.load(embedded_model, "embedded")


@pytest.fixture(scope="module")
def tokenizer(embedded_model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(embedded_model, local_files_only=True)


@pytest.fixture(scope="module")
def model(embedded_model: Path) -> Any:
    """Return the embedded model with an adapter; it is trained a few steps, which hurts no other test here."""
    import torch
    from transformers import AutoModelForCausalLM

    bare = AutoModelForCausalLM.from_pretrained(embedded_model, local_files_only=True, dtype=torch.float32)
    return peft.get_peft_model(bare, adapter())


def adapter() -> Any:
    return peft.LoraConfig(task_type="CAUSAL_LM", target_modules=["q_proj", "v_proj"])


async def exported(database: Database, folder: Path, builder: str, format: str, **settings: Any) -> Any:
    """Export stored runs, and load the file as people who train do."""
    wanted = Wanted(sessions=(await store(database, folder),))
    template = settings.pop("template", None)
    ordered = order(wanted, builder, format, TrainingSettings(**settings))
    files.write(await make(database, ordered, template), folder / "rows.jsonl")
    loaded = datasets.load_dataset(
        "json", data_files=str(folder / "rows.jsonl"), split="train", cache_dir=str(folder / "cache")
    )
    return loaded.remove_columns([name for name in ("meta", "append_eos", "review") if name in loaded.column_names])


def trained(trainer: Any) -> list[float]:
    """Train a few steps and return the losses."""
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


def options(folder: Path) -> dict[str, Any]:
    return {
        "output_dir": str(folder / "out"), "max_steps": STEPS, "per_device_train_batch_size": 2, "logging_steps": 1,
        "max_length": 96, "report_to": [], "use_cpu": True, "save_strategy": "no", "bf16": False,
        "gradient_checkpointing": False, "disable_tqdm": True,
    }  # fmt: skip


async def test_sft_learns_second_turns(database: Database, tmp_path: Path, model: Any, tokenizer: Any) -> None:
    rows = await exported(database, tmp_path, "two-turn", "sft", corrections="non-decreasing")
    assert sorted(rows.column_names) == ["completion", "prompt"]
    trainer = trl.SFTTrainer(
        model=model, args=trl.SFTConfig(**options(tmp_path)), train_dataset=rows, processing_class=tokenizer
    )
    batch = trainer.data_collator([trainer.train_dataset[0]])
    learnt = tokenizer.decode([i for i in batch["labels"][0].tolist() if i != -100])
    assert learnt.strip() == "3 times 4.\nAnswer: 12<|im_end|>"
    losses = trained(trainer)
    assert len(losses) == STEPS and all(map(math.isfinite, losses))


async def test_sft_learns_no_token_of_a_masked_answer(
    database: Database, tmp_path: Path, model: Any, tokenizer: Any, template: Template
) -> None:
    rows = await exported(database, tmp_path, "isc", "sft-tokens", template=template)
    assert sorted(rows.column_names) == ["input_ids", "labels"]
    arguments = trl.SFTConfig(**options(tmp_path) | {"max_steps": 1})
    trainer = trl.SFTTrainer(model=model, args=arguments, train_dataset=rows, processing_class=tokenizer)
    assert len(trainer.train_dataset) == len(rows), "no row is fully masked"
    batch = trainer.data_collator([trainer.train_dataset[0]])
    learnt = tokenizer.decode([i for i in batch["labels"][0].tolist() if i != -100])
    told = tokenizer.decode(batch["input_ids"][0])
    assert "Answer: 10" in told and "Answer: 10" not in learnt
    assert learnt.endswith("Answer: 12<|im_end|>")
    assert all(map(math.isfinite, trained(trainer)))


async def test_dpo_learns_pairs(database: Database, tmp_path: Path, model: Any, tokenizer: Any) -> None:
    rows = await exported(database, tmp_path, "first-vs-corrected", "dpo")
    assert sorted(rows.column_names) == ["chosen", "prompt", "rejected"]
    arguments = trl.DPOConfig(**options(tmp_path), loss_type=["sigmoid", "sft"], loss_weights=[1.0, 0.1])
    trainer = trl.DPOTrainer(model=model, args=arguments, train_dataset=rows, processing_class=tokenizer)
    losses = trained(trainer)
    assert len(losses) == STEPS and all(map(math.isfinite, losses))


def tiny(tokenizer: Any, kind: str) -> Any:
    """Return a random model with the embedded one's vocabulary: only shapes matter here."""
    import transformers

    config = transformers.LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
        num_labels=1, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    return getattr(transformers, kind).from_config(config)


@pytest.mark.parametrize("style", ["conversational", "standard"])
async def test_kto_learns_replies_with_a_label(
    database: Database, tmp_path: Path, tokenizer: Any, style: str
) -> None:
    rows = await exported(database, tmp_path, "graded", "kto", style=style)
    assert sorted(rows.column_names) == ["completion", "label", "prompt"]
    adapted = peft.get_peft_model(tiny(tokenizer, "AutoModelForCausalLM"), adapter())
    trainer = trl.KTOTrainer(
        model=adapted, args=trl.KTOConfig(**options(tmp_path) | {"max_steps": 1}),
        train_dataset=rows, processing_class=tokenizer,
    )  # fmt: skip
    assert all(map(math.isfinite, trained(trainer)))


@pytest.mark.parametrize("style", ["conversational", "standard"])
async def test_a_reward_model_learns_pairs(database: Database, tmp_path: Path, tokenizer: Any, style: str) -> None:
    rows = await exported(database, tmp_path, "first-vs-corrected", "reward", style=style)
    trainer = trl.RewardTrainer(
        model=tiny(tokenizer, "AutoModelForSequenceClassification"),
        args=trl.RewardConfig(**options(tmp_path) | {"max_steps": 1}), train_dataset=rows, processing_class=tokenizer,
    )  # fmt: skip
    assert all(map(math.isfinite, trained(trainer)))


async def test_steps_are_tokenised_as_the_classifier_wants_them(
    database: Database, tmp_path: Path, template: Template, tokenizer: Any
) -> None:
    settings = {"labels_from": "rollouts", "rollouts": 1}
    plain = await exported(database, tmp_path, "step-labels", "stepwise", **settings)
    assert sorted(plain.column_names) == ["completions", "labels", "prompt"]
    assert all(len(row["labels"]) == len(row["completions"]) for row in plain)
    (tmp_path / "tokens").mkdir()
    rows = await exported(
        database, tmp_path / "tokens", "step-labels", "stepwise-tokens", template=template, **settings
    )
    for row, told in zip(rows, plain, strict=True):
        assert [label for label in row["labels"] if label != -100] == [int(label) for label in told["labels"]]
        said = "".join(f"{step}\n" for step in told["completions"])
        begun = tokenizer.bos_token or ""  # as PRMTrainer began every row
        assert tokenizer.decode(row["input_ids"]) == begun + told["prompt"] + said


async def test_a_file_of_many_pieces_loads_though_its_first_rows_fill_few_columns(
    database: Database, tmp_path: Path
) -> None:
    plain = two_turns(LEGS, "Many.\nAnswer: 12", "Yes.\nAnswer: 12", 0)
    runs = [*(plain | {"seed": seed} for seed in range(60)), two_turns(DOGS, "A few.\nAnswer: 3", "Answer: 8", 0)]
    session = await store(database, tmp_path, runs)
    ordered = order(Wanted(sessions=(session,)), "isc", "sft-spans", TrainingSettings(dedup=False))
    files.write(await make(database, ordered), tmp_path / "rows.jsonl")
    loaded = datasets.load_dataset(
        "json", data_files=str(tmp_path / "rows.jsonl"), split="train", cache_dir=str(tmp_path / "cache"),
        chunksize=1 << 12,
    )  # fmt: skip
    assert sorted(map(len, loaded["untrained"])) == [*[0] * 60, 1]


async def test_every_row_survives_the_file(database: Database, tmp_path: Path) -> None:
    rows = await exported(database, tmp_path, "graded", "sft")
    assert [row["prompt"] for row in rows] == [
        json.loads(line)["prompt"] for line in (tmp_path / "rows.jsonl").read_text("utf-8").splitlines()
    ]
