"""What may be a task by its decorator or its base is seen in the bytes; what is none costs no parser."""

from __future__ import annotations

import pytest

from retrylint.analysis import analyse
from retrylint.layout import code_of
from retrylint.screen import screened
from retrylint.sketch.decorating import may_decorate, may_define_task

WORDS = frozenset({"task", "shared_task"})
TASK = "def pull(self, url):\n    try:\n        return get(url)\n    except OSError:\n        raise self.retry()\n"
HELPER = "def b(task, url):\n    try:\n        get(url)\n    except OSError as e:\n        task.retry(exc=e)\n"
CLASS = (
    "from celery import Task\nclass Pull(Task):\n    max_retries = None\n    def run(self, url):\n"
    "        try:\n            get(url)\n        except OSError:\n            self.retry()\n"
)


@pytest.mark.parametrize(
    "source",
    [
        "@task\ndef pull(): ...\n",
        "@app.task(bind=True)\ndef pull(): ...\n",
        "class A:\n    @ app . task\n    async def pull(): ...\n",
        "@app.task(\n    bind=True,\n)\n\n# soon\ndef pull(): ...\n",
        "@(\n    app\n    .task\n)\ndef pull(): ...\n",
        "@made(\n    with_='@',\n).task\nclass Pull: ...\n",
        "@other\n@task\ndef pull(): ...\n",
        "if True:\n    @\\\n    task\n    def pull(): ...\n",
        "from celery import shared_task as job\n@job\ndef pull(): ...\n",
        "from celery import (\n    shared_task\n    as job)\n@job()\ndef pull(): ...\n",
        "job = partial(shared_task, bind=True)\n@job\ndef pull(): ...\n",
        "job: Any = app.task\n@job\ndef pull(): ...\n",
        "first = job = app.task\n@job\ndef pull(): ...\n",
        "try:\n    job = app.task\nexcept E:\n    pass\n@job\ndef pull(): ...\n",
        "@tâsk\ndef pull(): ...\n",
    ],
)
def test_what_may_decorate_a_task(source: str) -> None:
    assert may_decorate(code_of(source.encode()), WORDS)


@pytest.mark.parametrize(
    "source",
    [
        "def task(): ...\ntask(1)\n",
        "@property\ndef task(self): ...\n",
        "@mock.patch('task')\ndef pull(task): ...\ntask = 1\n",
        "x = a @ task\n",
        "@pytest.fixture  # task\ndef pull(): ...\n",
        "@cache\ndef pull(): ...\nif cache == task: ...\n",
    ],
)
def test_what_decorates_no_task(source: str) -> None:
    assert not may_decorate(code_of(source.encode()), WORDS)


@pytest.mark.parametrize(
    ("source", "may_be"),
    [
        ("class A(Task): ...", True),
        ("class A(app.Task, B): ...", True),
        ("class A(\n    B,\n    MyTask\n): ...", True),
        ("class A(make_Task()): ...", True),
        ("class Task(B): ...", True),  # a class of this module, on which another may be built
        ("class A(TaskBase): ...", False),
        ("class A(Generic[Task]): ...", False),
        ("class A(B): '(Task)'", False),
    ],
)
def test_which_classes_may_be_tasks(source: str, may_be: bool) -> None:
    assert may_define_task(code_of(source.encode())) == may_be


@pytest.mark.parametrize(
    "source",
    [
        "from celery import shared_task\n@shared_task(bind=True, max_retries=None)\n" + TASK,
        "from celery import shared_task as job\n@job(bind=True, max_retries=None)\n" + TASK,
        "from celery import Celery\napp = Celery()\nnow = app.task\n@now(bind=True, max_retries=None)\n" + TASK,
        CLASS,
        "from airflow.sdk import task\n@task(retries=3)\ndef pull(url):\n    return get(url)\n",
        "from airflow.providers.x import XOperator\nXOperator(task_id='a', retries=3)\n",
        "default_args = {'retries': 3}  # airflow\n",
        "from airflow.providers.x import XOperator\nXOperator(task_id='a', retries \\\n  = 3)\n",
        "import dramatiq\n@dramatiq.actor\ndef pull(url):\n    return get(url)\n",
        "from celery import shared_task\n@shared_task(bind=True)\ndef a(self, url):\n    b(self, url)\n" + HELPER,
        "from huey import MemoryHuey\nhuey = MemoryHuey()\n@huey.task(retries=3)\ndef pull(url):\n    get(url)\n",
    ],
)
def test_tasks_are_found_as_without_a_screen(source: str) -> None:
    seen = screened(source.encode(), with_left_out=False)
    facts = analyse(source, screened=seen)
    assert facts.sites
    assert facts == analyse(source)
