"""The claimant of task frameworks and workflow engines: retries that their options, or their exceptions, ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrylint import code
from retrylint.libraries.frameworks import Form, Framework
from retrylint.model import Body, GiveUp, Library, Limit, RetrySite, Role, Schedule, Span, Trap
from retrylint.names import Owner
from retrylint.operations import named, operations_of
from retrylint.sketch.built import Built
from retrylint.sketch.sketch import Sketch
from retrylint.study.body import body_of
from retrylint.study.options import Options, keyword_options, mapping_options
from retrylint.study.task_decorator import Decoration, decoration_of
from retrylint.study.work_terms import Terms, call_options, terms_of_form
from retrylint.study.work_waits import Given, mistaken_units


@dataclass(frozen=True, slots=True)
class Work:
    """A function that a framework runs: by which form of it, with which options."""

    framework: Framework
    form: Form
    options: Options


@dataclass(frozen=True, slots=True)
class Works:
    """Reads what a module says to the frameworks that it names."""

    module: Sketch
    frameworks: Sequence[Framework]
    source: str

    def work_of(self, function: code.Function) -> Work | None:
        """Read a function as a task of one of the frameworks."""
        for decorator in function.decorators:
            found = decoration_of(decorator, self.module)
            for framework in self.frameworks:
                for form in framework.of("decorator"):
                    if self._is_form(found, form, framework):
                        return Work(framework, form, keyword_options(found.arguments, self.module))
        return None

    def _is_form(self, found: Decoration, form: Form, framework: Framework) -> bool:
        if (self.module.imports.name_of(found.named) or "") in form.names:
            return True
        if not isinstance(found.named, code.Attribute) or found.named.name not in form.methods:
            return False
        return self._is_made(found.named.value, form, framework)

    def _is_made(self, owner: code.Expr, form: Form, framework: Framework) -> bool:
        """Is it what one of the makers makes, or, where that cannot be seen, named like the framework?"""
        made_by = owner if isinstance(owner, code.Call) else self.module.constants.get(code.dotted(owner) or "")
        if isinstance(made_by, code.Call):
            return (self.module.imports.name_of(made_by.function) or "") in form.makers
        origin = (self.module.imports.name_of(owner) or "").lower()
        return any(package in origin for package in framework.packages)

    def site(self, function: code.Function, owner: Owner) -> RetrySite | None:
        """The retry of a function that a framework runs, by its decorator or by the exception that it raises."""
        work = self.work_of(function)
        framework: Framework | None = None
        terms: Terms | None = None
        if work is not None:
            framework = work.framework
            terms = terms_of_form(work.form, work.options, framework, self.module, self.source)
        if terms is None:
            framework, terms = self._raised(function)
        if terms is None or framework is None or terms.limit.attempts == 1:
            return None
        imports = self.module.imports.within(function)
        operations = named(operations_of(function.body, lambda _: False), imports)
        body = body_of(function, imports, tuple(operations), framework.library)
        spans: tuple[tuple[Role, Span], ...] = tuple(("operation", span) for span in operations.values())
        return _site(function.span, owner.qualified(function.name), framework.library, terms, body, spans)

    def traps(self, function: code.Function, site: RetrySite) -> Iterator[Trap]:
        """Waits that are written in another unit than they look."""
        work = self.work_of(function)
        if work is not None and work.form.unit != 1:
            for text, mend in mistaken_units(work.form, Given(work.options, self.module)):
                yield Trap("delay-unit", site.span, site, text, mend)

    def _raised(self, function: code.Function) -> tuple[Framework | None, Terms | None]:
        """The terms of the exception by which a function asks to be run again."""
        if not self.frameworks:
            return None, None
        raised = [node.exception for node in code.statements(*function.body) if isinstance(node, code.Raise)]
        imports = self.module.imports.within(function) if raised else self.module.imports
        for exception in raised:
            named_so = exception.function if isinstance(exception, code.Call) else exception
            name = imports.name_of(named_so) if named_so is not None else None
            for framework in self.frameworks:
                for form in framework.of("raised"):
                    if name in form.names:
                        call = exception if isinstance(exception, code.Call) else None
                        options = call_options(call, form, self.module) if call is not None else Options()
                        own = options.over(Options(self._settings(function, form)))
                        terms = terms_of_form(form, own, framework, self.module, self.source)
                        counts = terms is not None and _compares(function, form.counter)
                        return framework, Terms(Limit(), Schedule()) if counts else terms
        return None, None

    def _settings(self, function: code.Function, form: Form) -> dict[str, code.Expr]:
        """The limit that a class of the module sets which lists the function; where it says none, the framework's."""
        for facts in self.module.classes.values():
            listed = facts.members.get(form.lists) if form.lists else None
            if isinstance(listed, code.Collection) and code.Name(function.name) in listed.items:
                return {form.limit: facts.members.get(form.limit, code.Const(form.listed_default))}
        return {}

    def built(self) -> Iterator[RetrySite]:
        """The retries of what is built by a call, or told by a dict; a policy within such a call is its part."""
        taken: list[Span] = []
        for built in self.module.built:
            if any(span.holds(built.span) for span in taken):
                continue
            for framework in self.frameworks:
                terms = self._built(built, framework)
                if terms is not None:
                    taken.append(built.span)
                if terms is not None and terms.limit.attempts != 1:
                    yield _site(built.span, built.within, framework.library, terms, Body(), ())

    def _built(self, built: Built, framework: Framework) -> Terms | None:
        for form in framework.of("call", "policy", "mapping"):
            options = self._options(built, form, framework)
            if options is not None:
                return terms_of_form(form, options, framework, self.module, self.source)
        return None

    def _options(self, built: Built, form: Form, framework: Framework) -> Options | None:
        if form.place == "mapping" or built.name:
            is_meant = form.place == "mapping" and built.name in form.names
            return mapping_options(built.value, self.module) if is_meant else None
        call = built.value
        if not isinstance(call, code.Call):
            return None
        name = self.module.imports.name_of(call.function) or ""
        by_method = (
            isinstance(call.function, code.Attribute)
            and call.function.name in form.methods
            and self._is_made(call.function.value, form, framework)
        )
        by_ending = bool(form.endings) and name.endswith(form.endings) and self._is_imported(framework)
        is_meant = name in form.names or by_method or by_ending
        return call_options(call, form, self.module) if is_meant else None

    def _is_imported(self, framework: Framework) -> bool:
        return any(name.partition(".")[0] in framework.packages for name in self.module.imports.table.values())


def _compares(function: code.Function, counter: str) -> bool:
    """Does a function compare how often it was run?"""
    tests = (node for node in code.walk(*function.body) if isinstance(node, code.Compare))
    return bool(counter) and any(part == code.Const(counter) for test in tests for part in code.walk(test))


def _site(
    span: Span, function: str, library: Library, terms: Terms, body: Body, spans: tuple[tuple[Role, Span], ...]
) -> RetrySite:
    is_endless = terms.limit.kind == "unbounded"
    return RetrySite(
        span, function, "task", library, terms.limit, terms.schedule,
        give_up=GiveUp("never" if is_endless else "raises"), body=body, spans=spans,
    )  # fmt: skip
