"""Runs in vLLM's environment: reads questions as lines of JSON, draws texts, answers in lines of JSON.

Started by `vllm_client`; imports nothing of this program.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, TextIO

KV_CACHE_BYTES = 2 << 30
LONGEST_TEXT = 4096


def main() -> None:
    """Load the model and answer until the questions end."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # whatever else is printed goes to the log
        import vllm

        model = vllm.LLM(
            **json.loads(sys.argv[1]),
            enable_prefix_caching=True,
            kv_cache_memory_bytes=KV_CACHE_BYTES,
            max_model_len=LONGEST_TEXT,
        )
        _tell(answers, {"version": vllm.__version__})
        for line in sys.stdin:
            try:
                _tell(answers, _asked(model, json.loads(line)))
            except ValueError as error:  # it refuses what it is asked
                _tell(answers, {"error": str(error)})


def _asked(model: Any, question: dict[str, Any]) -> dict[str, Any]:
    """Return the seconds that the drawing took, the ids of all texts and the first top log-probabilities of each."""
    from vllm import SamplingParams

    began = time.perf_counter()
    sampling = SamplingParams(**question["sampling"])
    prompts = [{"prompt_token_ids": ids} for ids in question["prompts"]]
    requests = model.generate(prompts, sampling, use_tqdm=False)
    seconds = time.perf_counter() - began
    texts = [text for request in requests for text in request.outputs]
    return {
        "seconds": seconds,
        "ids": [list(text.token_ids) for text in texts],
        "first": [[(token, seen.logprob) for token, seen in text.logprobs[0].items()] for text in texts],
    }


def _tell(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
