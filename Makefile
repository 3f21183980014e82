# make run: set up and serve the site with the demo bureau; make test: set up and pass all tests
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
STAMP := .venv/.set-up

# every command is a process of its own: it starts a quarter sooner where Python may keep what it compiled
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench browser pictures lighthouse clean

help:
	@echo "make run    准备环境并启动网站（含演示局），PORT=8000"
	@echo "make test   准备环境并运行全部测试"
	@echo "make check  代码风格、类型、导入方向"
	@echo "make setup  只准备环境（.venv 与前端文件）"
	@echo "make pictures URL=网址  从正在运行的演示局拍文档的图"
	@echo "make lighthouse URL=网址  以 Lighthouse 评十个页面的无障碍（须不低于 95；需要 Node 和 npm）"
	@echo "make bench  性能测量（与物理极限之比）"

$(STAMP): requirements.lock pyproject.toml package-lock.json
	@$(PYTHON) -c 'import sys; sys.exit("城心需要 Python 3.11 或更新版本，当前是 " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "安装依赖……"
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps -e .
	@$(BIN)/python -m chengxin.ui.vendor
	@touch $@

setup: $(STAMP)
	@$(BIN)/python -m chengxin.ui.vendor

run: setup
	@exec $(BIN)/chengxin serve --port $(PORT) --demo

browser:
	@tests/browser/install

test: setup browser
	@$(BIN)/python -m pytest -n 2 --dist loadfile

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@CHENGXIN_TESTING=1 $(BIN)/chengxin django makemigrations --check --dry-run

URL ?= http://127.0.0.1:8000
pictures: setup browser
	@$(BIN)/python docs/pictures.py $(URL)

lighthouse: setup browser
	@cd tests/lighthouse && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
	@$(BIN)/python tests/lighthouse/run.py $(URL)

bench: setup
	@$(BIN)/chengxin bench --json

clean:
	rm -rf .venv node_modules var
