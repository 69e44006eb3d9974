"""A client that writes its requests in every way that people write them.

Nothing of this is run. self.agent.get(f"{self.url}/v2/in/a/docstring") is no request.
"""

from __future__ import annotations

import json
import json as serialiser
import os.path
from contextlib import contextmanager
from enum import Enum
from functools import cached_property, partial
from typing import Any, TypedDict
from urllib import parse
from urllib.parse import quote, quote_plus as plus, urlencode, urljoin

from .helpers import filter_none, page_of, signed

VERSION = "v2"
MODELS = f"/{VERSION}/models"
ROUTES = {"schemas": "/v2/schemas", "roles": "/v2/roles"}
SCAN = "/v2/filescanning/model/%s/file/%s/scan"
RELEASE = "{base}/v2/model/{model_id}/release/{semver}"


class Route(str, Enum):
    REVIEWS = "/v2/reviews"
    RESPONSES = "/v2/responses"


class NewModel(TypedDict):
    name: str
    kind: str


def release_url(base, model_id, semver):
    return RELEASE.format(base=base, model_id=model_id, semver=semver)


def without_none(values):
    kept = {}
    for key, value in values.items():
        if value is not None:
            kept[key] = value
    return kept


class Base:
    ROLE = "/v2/review/role"
    KIND: str

    def __init__(self, url, agent=None, *, prefix="/v2"):
        self.url = url.rstrip("/") + "/api"
        self.agent = agent or Agent()
        self.prefix = prefix
        self.root = self.url + prefix
        self.model_id = None

    def _model_url(self, model_id, *parts):
        return "/".join([self.root, "model", model_id, *parts])

    def list_kind(self, kind_id):
        return self.agent.get(f"{self.url}/v2/{self.KIND}/{kind_id}")


class Literals(Base):
    KIND = "schema"

    def f_string(self, model_id: str):
        return self.agent.get(f"{self.url}/v2/model/{model_id}").json()

    def f_string_format(self, model_id, version):
        return self.agent.get(f"{self.url}/v2/model/{model_id!s:>{len(model_id)}}/model-card/{version:d}")

    def f_string_nested(self, model_id, semver):
        return self.agent.get(f"{self.url}/v2/model/{f'{model_id}'}/release/{str(semver)}")

    def f_string_triple(self, model_id):
        return self.agent.get(
            f"""{self.url}/v2/model/{
                model_id
            }/releases"""
        )

    def f_string_raw(self, file_id):
        return self.agent.delete(rf'{self.url}/v2/model/{self.model_id}/file/{file_id}')

    def implicit_concatenation(self, model_id):
        return self.agent.get(
            f"{self.url}"
            "/v2/model"  # a comment between
            rf"/{model_id}/images"
        )

    def escapes(self):
        return self.agent.get(f"{self.url}/v2/mod\x65ls/ta\
gs")

    def plus(self, model_id, kind):
        return self.agent.get(self.url + "/v2/model/" + str(model_id) + '/permissions/' + kind)

    def format_positional(self, model_id):
        return self.agent.get("{}/v2/model/{}/webhooks".format(self.url, model_id))

    def format_numbered(self, model_id, semver):
        return self.agent.get("{1}/v2/model/{0}/release/{2:>3}".format(model_id, self.url, semver))

    def format_named(self, transfer):
        return self.agent.get("{self.url}/v2/transfer/{id}".format(self=self, id=transfer.export_id))

    def format_constant(self, model_id):
        return self.agent.get(release_url(self.url, model_id, "1.0.0"))

    def format_map(self, model_id):
        return self.agent.get("{root}/model/{model_id}/files".format_map({"root": self.root, "model_id": model_id}))

    def percent_tuple(self, model_id, file_id):
        return self.agent.put(self.url + SCAN % (model_id, file_id))

    def percent_one(self, schema_id):
        return self.agent.get(self.url + "/v2/schema/%s" % schema_id)

    def percent_dict(self, dn):
        return self.agent.get("%(url)s/v2/entity/%(dn)s/lookup" % {"url": self.url, "dn": dn})

    def join(self, model_id, name, tag):
        return self.agent.get("/".join((self.url, "v2", "model", model_id, "image", name, tag)))

    def join_generated(self, name):
        return self.agent.get(self.root + "/" + "/".join(quote(part) for part in ("schema", name)))

    def join_path(self, model_id):
        return self.agent.get(os.path.join(self.url, "v2", "model", model_id, "transfers"))

    def urljoin(self, model_id):
        return self.agent.get(urljoin(self.url + "/", f"v2/model/{model_id}"))

    def urljoin_from_origin(self, model_id):
        return self.agent.get(parse.urljoin(self.url, f"/api/v2/model/{model_id}/files"))

    def absolute(self):
        return self.agent.get("https://bailo.example.com:8080/api/v3/entities/me")

    def absolute_in_parts(self, host, port):
        return self.agent.get(f"http://{host}:{port}/api/v2/config/ui")

    def quoted(self, name):
        return self.agent.get(f"{self.url}/v2/entity/{parse.quote(name, safe='')}/lookup/{plus(name)}")

    def trimmed(self):
        return self.agent.get((self.url + "/v2/models/").rstrip("/"))


class Variables(Base):
    def variable(self, model_id):
        url: str = f"{self.url}/v2/model/{model_id}"
        return self.agent.get(url)

    def extended(self, query):
        url = f"{self.url}/v2/models/search"
        url = f"{url}?{query}"
        return self.agent.get(url)

    def extended_in_place(self, model_id, task):
        url = self.url
        url += "/v2/model/" + model_id
        url += "/releases"
        if task:
            url += f"?querySemver={task}"
        return self.agent.get(url)

    def branches(self, kind, model_id):
        if kind == "model":
            url = f"{self.url}/v2/models"
        elif kind == "schema":
            url = f"{self.url}/v2/schemas"
        elif kind == "nothing":
            raise ValueError(kind)
        else:
            url = f"{self.url}/v2/model/{model_id}/releases"
        return self.agent.post(url, json={"name": kind})

    def conditional(self, latest):
        return self.agent.get(self.url + ("/v3" if latest else "/v2") + "/entities/me")

    def cases(self, kind):
        match kind:
            case "a":
                path = "/v2/roles"
            case {"b": [path, *_]}:
                return None
            case _:
                path = "/v2/system/status"
        return self.agent.get(self.url + path)

    def failing(self):
        url = self.url + "/v2/system/peers"
        try:
            url = self.url + "/v2/user/tokens"
            self.agent.get(url)
        except (OSError, ValueError) as error:
            url = self.url + "/v2/user/tokens/list"
        else:
            return self.agent.head(url)
        finally:
            self.agent.delete(self.url + "/v2/user/token/" + self.key)
        return self.agent.post(url)

    def constants(self):
        yield self.agent.get(self.url + MODELS)
        yield self.agent.get(f"{self.url}{Route.REVIEWS}?active=true")
        yield self.agent.get(f"{self.url}{Route.RESPONSES.value}")
        yield self.agent.get(f"{self.url}{ROUTES['schemas']}")
        yield self.agent.get(f"{self.url}{self.ROLE}")
        yield self.agent.get(f"{self.url}{Base.ROLE}s")
        yield self.agent.get(f"{self.root}/schema-migrations")
        yield self.agent.get(f"{self.url}{self.prefix}/models")

    def any_route(self, name):
        return self.agent.get(self.url + ROUTES[name])

    def helper(self, model_id, file_id):
        self.agent.get(self._model_url(model_id))
        self.agent.patch(self._model_url(model_id, "file", file_id), json={"tags": []})
        self.agent.get(self._named_url)
        self.agent.get(super()._model_url(model_id, "files"))
        self.agent.get(self._static_url(self.url))

    @property
    def _named_url(self):
        return f"{self._model_url(self.model_id)}/model-card-revisions"

    @staticmethod
    def _static_url(base, path="/v2/models/tags"):
        return base + path

    def default(self, version="latest", api="v2"):
        return self.agent.get(f"{self.url}/{api}/model/{self.model_id}/model-card/{version}")

    def unpacked(self, model_id):
        (first, second), *_ = ("model", model_id), None
        return self.agent.get(f"{self.url}/v2/{first}/{second}")

    def walrus(self, model_id):
        if (url := f"{self.url}/v2/model/{model_id}") is not None:
            return self.agent.get(url)


class Places(Base):
    def with_statement(self, file_id):
        with self.agent.get(f"{self.url}/v2/file/{file_id}/download", stream=True) as answer, open("x") as target:
            pass
        with (open("y") as source, self.agent as agent):
            return agent.put(self.root + "/with", data=source)

    async def awaited(self):
        async with lock:
            return (await self.agent.get(self.root + "/awaited"))["value"]

    def comprehensions(self, ids):
        a = [self.agent.get(f"{self.root}/schema/{one}") for one in ids if one]
        b = {key: self.agent.head(self.root + "/" + key) for key in ("roles", "schemas")}
        c = sum(self.agent.get(f"{self.root}/model/{one['id']}/files").json()["size"] for one in a)
        return a, b, c

    def lambdas(self, executor, urls):
        executor.submit(lambda: self.agent.get(self.root + "/in-lambda"))
        list(map(lambda path: self.agent.get(self.root + path), ["/first", "/second"]))
        return sorted(urls, key=lambda name: self.agent.get(f"{self.root}/entity/{name}/lookup").text)

    def nested(self, parts):
        def send(part):
            return self.agent.post(url, params={"partNumber": part})

        url = self.root + "/upload/part"
        for part in parts:
            send(part)
        url = self.root + "/upload/finish"
        return self.agent.post(url)

    def loops(self, pages):
        for name, path in {"a": "/loop/a", "b": "/loop/b"}.items():
            self.agent.get(self.root + path)
        for index, name in enumerate(["x", "y"]):
            self.agent.get(f"{self.root}/loop/{name}", params={"page": index})
        url = self.root + "/loop/next"
        while url:
            url = self.agent.get(url).json()["next"]
        path = self.root
        for page in pages:
            path += "/deeper"
        return self.agent.get(path)

    def handed_on(self, executor, threads):
        executor.submit(self.agent.get, self.root + "/submitted", params={"a": 1})
        executor.map(self.agent.head, [self.root + "/mapped/1", self.root + "/mapped/2"])
        threads.Thread(target=self.agent.post, args=(self.root + "/threaded",), kwargs={"json": {"b": 1}})
        get = partial(self.agent.get, timeout=1)
        get(self.root + "/partial")
        return self.retry(self.agent.delete)

    def arguments(self, answers):
        return answers.get(self.agent.get(self.root + "/argument"), default=self.agent.head(self.root + "/default"))

    def nobody_gets_here(self):
        return None
        self.agent.get(self.root + "/after-return")


class Agents(Base):
    def alias(self):
        agent = self.agent
        return agent.get(self.root + "/alias")

    def alias_of_method(self, create):
        send = self.agent.post if create else self.agent.put
        return send(self.root + "/alias-of-method", json={"a": 1})

    def by_name(self, method):
        getattr(self.agent, "get")(self.root + "/by-name")
        for verb in "patch", "delete":
            getattr(self.agent, verb)(self.root + "/by-verb")
        return getattr(self.agent, method)(self.root + "/any-method")

    def table(self, method):
        return {"get": self.agent.get, "put": self.agent.put}[method](self.root + "/table")

    def generic(self):
        self.agent.request("GET", self.root + "/generic", params={"a": 1})
        return self.agent.request(method="post", url=self.root + "/generic", json={"b": 1})

    def keyword(self):
        return self.agent.get(url=self.root + "/keyword", timeout=3)

    def this(this):
        return this.agent.get(this.root + "/named-otherwise")

    @classmethod
    def of_class(cls):
        return cls.agent.get(cls.ROLE)

    def other_instance(self):
        other = Agents(self.url)
        return other.agent.get(other.root + "/other-instance")


class Names(Base):
    URL = "{}/names"

    def query(self, page, **more):
        self.agent.get(self.root, {"positional": 1})
        self.agent.get(f"{self.url}/v2/names?in_url={page}&other", params={"a": 1, **{"b": 2}})
        self.agent.get(self.root + "/names", params=dict({"a": 1}, c=3))
        self.agent.get(self.root + "/names", params=[("a", 1), ("b", page)])
        self.agent.get(self.root + "/names", params=(("a", 1),))
        self.agent.get(self.root + "/names", params={"a": 1} | {"d": 4})
        self.agent.get(self.root + "/names", params="a=1&e=5")
        self.agent.get(self.root + "/names?" + urlencode({"f": page, "g": 1}))
        self.agent.get(self.root + "/names?" + "&".join(f"{k}={v}" for k, v in {"h": 1, "i": 2}.items()))
        self.agent.get(self.root + "/names", params=more)
        self.agent.get(self.root + "/names", params={"a": 1, **more})
        self.agent.get(self.root + "/names", params={page: 1, "b": 2})
        self.agent.get(self.root + "/names", params=None)
        self.agent.get(self.root + "/names", **more)
        self.agent.get(self.root + "/names", **{"params": {"j": 1}})

    def built(self, page, model_id=None, params=None):
        built = {}
        built["a"] = page
        if model_id is not None:
            built["b"] = model_id
        built.update({"c": 1}, d=2)
        built.update([("e", 3)])
        built.setdefault("f", 4)
        built |= {"g": 5}
        alias = built
        alias["h"] = 6
        built["dropped"] = 7
        del built["dropped"]
        built.pop("gone", None)
        self.agent.get(self.root + "/built", params=built)
        params = params or {}
        params["i"] = 1
        self.agent.get(self.root + "/given", params=params)
        pairs = [("a", 1)]
        pairs.append(("b", 2))
        pairs.extend([("c", 3)])
        self.agent.get(self.root + "/pairs", params=pairs)
        for key, value in {"x": 1, "y": 2}.items():
            pairs.append((key, value))
        self.agent.get(self.root + "/more-pairs", params=pairs)

    def wrapped(self, page, arguments):
        self.agent.get(self.root + "/wrapped", params=filter_none({"a": page}))
        self.agent.get(self.root + "/wrapped", params=without_none({"b": page}))
        self.agent.get(self.root + "/wrapped", params={k: v for k, v in {"c": page}.items() if v is not None})
        self.agent.get(self.root + "/wrapped", params=page_of({"d": page}))
        self.agent.get(self.root + "/wrapped", params=dict(sorted({"e": 1, "f": 2}.items())))
        self.agent.get(self.root + "/wrapped", params=self._page(2, g=page))
        self.agent.get(self.root + "/wrapped", params={k: v for k, v in arguments.items() if v is not None})
        query = {"h": 1}
        signed(query)
        self.agent.get(self.root + "/wrapped", params=query)

    def _page(self, number, **more):
        return {"page": number, **more}

    def body(self, name, fields, text, **more):
        self.agent.post(self.root + "/body", json={"name": name, "nested": {"inner": 1}})
        self.agent.post(self.root + "/body", {"form": 1})
        self.agent.post(self.root + "/body", None, {"a": 1})
        self.agent.post(self.root + "/body", data=json.dumps({"b": 1}), params={"q": 1})
        self.agent.post(self.root + "/body", data=serialiser.dumps({"c": 1}, indent=2).encode("utf-8"))
        self.agent.post(self.root + "/body", data=text)
        self.agent.put(self.root + "/body", json=fields)
        self.agent.put(self.root + "/body", json={"d": 1, **fields})
        self.agent.put(self.root + "/body", json=None)
        self.agent.patch(self.root + "/body", json=[{"e": 1}])
        self.agent.patch(self.root + "/body", **more)
        self.agent.patch(self.root + "/body", json=NewModel(name=name, kind="model"))
        body: dict[str, Any] = {"metadata": {}}
        body["metadata"]["inner"] = name
        body["draft"] = True
        self.agent.delete(self.root + "/body", json=body)


class Passing(Base):
    """What helpers get as parameters is known where they are called."""

    def _request(self, method, path, **options):
        return self.agent.request(method, self.url + path, timeout=10, **options)

    def _get(self, path, params=None):
        return self._request("GET", path, params=params)

    def list_models(self, task):
        return self._get("/v2/models/search", {"task": task})

    def create(self, name):
        return self._request("POST", "/v2/models", json={"name": name})

    def one(self, model_id):
        return self._get(f"/v2/model/{model_id}")

    def unknown(self, path):
        return self._get(path)

    def _of_model(self, model_id, what, **query):
        return self.agent.get(f"{self.root}/model/{model_id}/{what}", params=query)

    def files(self, model_id):
        return self._of_model(model_id, "files", size=1)

    def retried(self, executor):
        return executor.submit(self._get, "/v2/retried")


class Unknown(Base):
    def __init__(self, url, base_url):
        self.base_url = base_url

    def parameter(self, url):
        return self.agent.get(url)

    def attribute(self, path):
        return self.agent.get(self.base_url + "/v2/models")

    def response(self):
        return self.agent.get(self.agent.get(f"{self.url}/v2/first").headers["Location"])

    def everything(self, path):
        return self.agent.get(f"{self.url}/v2/{path}")

    def relative(self):
        return self.agent.get("v2/models")

    def nothing(self):
        return self.agent.get()

    def arguments(self, *args, **kwargs):
        return self.agent.get(*args, **kwargs)

    def itself(self):
        url = url + "/v2"
        return self.agent.get(url)

    def _one(self):
        return self._other()

    def _other(self):
        return self._one() + "/v2"

    def circle(self):
        return self.agent.get(self._one())


class Branches(Base):
    """What is assigned on one branch belongs together."""

    def together(self, kind, extra):
        if kind == "a":
            send, url, params = self.agent.get, self.root + "/together/a", {"a": 1}
        elif kind == "b":
            send, url, params = self.agent.put, self.root + "/together/b", {"b": 1}
        else:
            send, url, params = self.agent.post, self.root + "/together/c", None
        if extra:
            url += "?extra=1"
        return send(url, params=params)

    def left_early(self, kind):
        params = {"page": 1}
        if kind == "a":
            params["early"] = 1
            return self.agent.get(self.root + "/left/early", params=params)
        if kind == "b":
            raise ValueError(kind)
        params["late"] = 1
        return self.agent.get(self.root + "/left/late", params=params)

    def pages(self, kinds):
        params = {"page": 1}
        while True:
            answer = self.agent.get(self.root + "/pages", params=params)
            if not answer:
                break
            params["page"] += 1
            params["cursor"] = answer["cursor"]
        for kind in kinds:
            params = {"kind": kind}
            self.agent.get(self.root + "/kinds", params=params)
        return self.agent.get(self.root + "/after", params=params)

    def built_in_loop(self):
        url = self.root
        for part in ("built", "in", "loop"):
            url += "/" + part
        return self.agent.get(url)


class Instances(Base):
    def __init__(self, url):
        super().__init__(url)
        self._releases = self.root + "/releases"
        self.timeout = 3

    def open(self, model_id):
        self.model_url = f"{self.root}/model/{model_id}"
        self.kind = "opened" if model_id else None

    @cached_property
    def base(self):
        return self._releases

    @base.setter
    def base(self, value):
        self.agent.put(self.root + "/setter", json={"value": value})

    @contextmanager
    def _session(self):
        yield self.agent

    @classmethod
    def _path(cls, name):
        return f"{cls.ROLE}/{name}"

    def attributes(self):
        self.agent.get(self._releases)
        self.agent.get(self.model_url)
        self.agent.get(self.base + "/all")
        self.agent.get(f"{self.root}/{self.kind}/kind")
        self.agent.get(self.url + self._path("of-class"))
        self.agent.get(self.url + type(self).ROLE)
        self.agent.get(self.url + self.__class__.ROLE + "/class")
        with self._session() as session:
            return session.get(self.root + "/session")

    @retry(lambda self: self.agent.get(self.root + "/decorator"))
    async def later(self, first=None, *, second="x"):
        async for item in self.stream(self.agent.get(self.root + "/async-for")):
            yield await self.agent.get(f"{self.root}/async/{item}")
        async with self.agent.get(self.root + "/async-with") as answer:
            del answer
        assert self.agent.head(self.root + "/assert"), self.agent.head(self.root + "/message")
        global counter
        counter = self.agent.get(self.root + "/global")

    class Nested:
        def inside(self):
            def deeper():
                def deepest(name):
                    return self.agent.get(f"{self.url}/v2/deepest/{name}")

                return deepest("named")

            return deeper()


class OtherRoots:
    """Clients differ in what they call the origin."""

    def __init__(self, host: str, session=None):
        self._host = host
        self.base = f"{host}/api/v2"
        self.url = host

    def of_base(self):
        return self.agent.get(f"{self.base}/of-base")

    def of_host(self):
        return self.agent.get(f"{self._host}/api/v3/of-host")

    def of_url(self):
        return self.agent.get(f"{self.url}/v2/of-url")

    def of_url_with_api(self):
        return self.agent.get(f"{self.url}/api/v2/of-url")

    def slash(self):
        return self.agent.get(f"{self.url}/v2/slash/")

    def fragment(self, model_id):
        return self.agent.get(f"{self.url}/v2/model/{model_id}#top?not=query")

    def braces(self, a):
        return self.agent.get(f"{self.url}/v2/{{literal}}/100%25/{a}-{a.b}.json")


class Decoys:
    def others(self, self_agent, agent, client, cache):
        agent.get(f"{self.url}/v2/decoy")
        client.agent.get(f"{self.url}/v2/decoy")
        cache.get("/api/v2/decoy")
        self.session.get(f"{self.url}/v2/decoy")
        self.cache.agent.get("/api/v2/decoy")
        self.agent.headers.get("/api/v2/decoy")
        self.agent.options(f"{self.url}/v2/decoy")
        self.agents.get("/api/v2/decoy")
        self_agent.get("/api/v2/decoy")
        {"a": 1}.get("/api/v2/decoy")
        os.environ.get("/api/v2/decoy")
        requests.get(f"{self.url}/v2/decoy")
        self.agent.get

    def texts(self):
        # self.agent.get(f"{self.url}/v2/comment")
        a = "self.agent.get('/api/v2/text')"
        b = f"self.agent.get('/api/v2/{a}')"
        c = """
        self.agent.get("/api/v2/text")
        """
        return a, b, c

    def shadowed(self, replacement):
        self = replacement
        return self.agent.get("/api/v2/decoy")


def function(self, model_id):
    return self.agent.get(f"{self.url}/v2/model/{model_id}/function")


def use(agent, path):
    return agent.get("http://localhost:8080/api" + Base.ROLE + path)


if __name__ == "__main__":
    Passing("http://localhost:8080").unknown("/v2/main")
    client = Base("http://localhost:8080")
    client.agent.get(client.root + "/main")
    use(client.agent, "/used")
