"""Which functions answer a web request, and as what."""

from __future__ import annotations

import pytest

from retrylint.analysis import analyse

RETRY = """
    try:
        return work()
    except OSError:
        return {call}()
"""
DECORATED = {
    "flask": ("import flask\napp = flask.Flask(__name__)", "@app.route('/')", "flask_view"),
    "a blueprint": ("from flask import Blueprint\nbp = Blueprint('a', __name__)", "@bp.get(PATH)", "flask_view"),
    "an application from elsewhere": (
        "from fastapi import Depends\nfrom .app import app",
        "@app.get('/a')",
        "fastapi_view",
    ),
    "no framework in sight": ("from .app import app", "@app.post('/a')", "web_view"),
    "a router": ("from fastapi import APIRouter\nr = APIRouter()", "@r.api_route(path='/a')", "fastapi_view"),
    "middleware of fastapi": ("from fastapi import FastAPI\napp = FastAPI()", "@app.middleware('http')", "middleware"),
    "a hook of flask": ("from flask import Flask\napp = Flask('a')", "@app.before_request", "middleware"),
    "rest framework": ("from rest_framework.decorators import api_view", "@api_view(['GET'])", "django_view"),
    "a signal": ("from django.dispatch import receiver", "@receiver(post_save)", "signal_handler"),
    "a guard of django": (
        "from django.contrib.auth.decorators import login_required",
        "@login_required",
        "django_view",
    ),
    "a guard by module": ("from django.views.decorators import csrf", "@csrf.csrf_exempt", "django_view"),
    "a patch": ("from unittest import mock", "@mock.patch('shop.get')", None),
    "a command": ("from flask import Flask\napp = Flask('a')", "@app.cli.command('run')", None),
    "a cache": ("from shop import cache", "@cache.get('prices')", None),
    "a signal of something else": ("from shop.signals import receiver", "@receiver(sold)", None),
}
BASED = {
    "a view": ("from django.views import View", "View", "django_view"),
    "a generic view": ("from django.views import generic", "generic.ListView", "django_view"),
    "a view set": ("from rest_framework import viewsets", "viewsets.ModelViewSet", "django_view"),
    "a serializer": ("from rest_framework.serializers import ModelSerializer", "ModelSerializer", "serializer"),
    "a form": ("from django import forms", "forms.ModelForm", "form"),
    "old middleware": ("from django.utils.deprecation import MiddlewareMixin", "MiddlewareMixin", "middleware"),
    "a resource": ("from flask_restful import Resource", "Resource", "flask_view"),
    "a method view": ("from flask.views import MethodView", "MethodView", "flask_view"),
    "a view of the project": ("from django.http import Http404\nfrom .base import ShopView", "ShopView", "django_view"),
    "a form of the project": ("from django.shortcuts import render\nfrom .base import ShopForm", "ShopForm", "form"),
    "a base in the module": ("from django.views import View\nclass Base(View): pass", "Base", "django_view"),
    "a base of itself": ("class Base(Base): pass", "Base", None),
    "a window": ("from PyQt6.QtWidgets import QGraphicsView", "QGraphicsView", None),
    "a plain class": ("from django.http import Http404", "Client", None),
}


def contexts(source: str) -> tuple[str, ...]:
    (site,) = analyse(source).sites
    return site.body.contexts


@pytest.mark.parametrize(("head", "decorator", "context"), DECORATED.values(), ids=DECORATED)
def test_by_decorator(head: str, decorator: str, context: str | None) -> None:
    found = contexts(f"{head}\n{decorator}\ndef answer():{RETRY.format(call='answer')}")
    assert found == (() if context is None else (context,))


@pytest.mark.parametrize(("head", "base", "context"), BASED.values(), ids=BASED)
def test_by_base(head: str, base: str, context: str | None) -> None:
    body = RETRY.format(call="self.answer").replace("\n", "\n    ")
    found = contexts(f"{head}\nclass Own({base}):\n    def answer(self):{body}")
    assert found == (() if context is None else (context,))


@pytest.mark.parametrize(
    ("head", "parameter", "context"),
    [
        ("from django.shortcuts import render", "request", "django_view"),
        ("from django.shortcuts import render", "sku", None),
        ("from django.conf import settings", "request", None),
        ("import requests", "request", None),
    ],
)
def test_by_first_parameter(head: str, parameter: str, context: str | None) -> None:
    found = contexts(f"{head}\ndef answer({parameter}=None):{RETRY.format(call='answer')}")
    assert found == (() if context is None else (context,))


def test_new_middleware() -> None:
    body = RETRY.format(call="self.retry").replace("\n", "\n    ")
    head = "class AuthMiddleware:\n    def retry(self, request=None):"
    assert contexts(head + body) == ("middleware",)
