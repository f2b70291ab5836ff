"""How a job ends: well, or in the troubles that azure.md section 6 describes."""

from __future__ import annotations

from dataclasses import dataclass

#: Training data that contains this text fails the service's check of the data for harm.
HARMFUL_TEXT = "[[harmful content]]"

#: Harm types for which a model is marked as unsafe.
_UNSAFE = "Violence, Self Harm"


@dataclass(frozen=True, slots=True)
class Ending:
    """One way to end.

    Args:
        share: after which part of the training it comes.
        trains: whether anything is trained before.
        code, message: the job's error; a message without a code is an event of a job that succeeds.
        unsafe: harm types that keep the finished model from being deployed.
    """

    share: float = 1.0
    trains: bool = True
    code: str = ""
    message: str = ""
    unsafe: str | None = None


#: By the values of the setting ``job_trouble``.
ENDINGS: dict[str, Ending] = {
    "": Ending(),
    "data_safety": Ending(
        share=0.1,
        trains=False,
        code="contentFilter",
        message="The provided training data failed RAI checks for harm types: [hate_fairness, self_harm, violence]. "
        "Please fix the data and try again.",
    ),
    "model_safety": Ending(
        message="This model is unable to be deployed. Model evaluation identified that this fine tuned model scores above acceptable thresholds for "
        f"[{_UNSAFE}]. Please review your training data set and resubmit the job.",
        unsafe=_UNSAFE,
    ),
    # The code is the specification's, the text INFERRED.
    "training_error": Ending(share=0.5, code="internalFailure", message="The training failed because of an internal error. Please try again."),
}
