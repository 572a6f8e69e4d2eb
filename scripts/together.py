"""Many faults in one program: the part of scripts/mutants --together that is no shell.

    together.py CHANGES TREE OUT JOBS -- CARGO-ARGUMENTS...

CHANGES is the list of cargo-mutants (`--list --json`), TREE a copy of the sources that this may change, CARGO-ARGUMENTS which tests
there are. Each function with changes begins with a choice: number 17 of the changes that are in the program has it run a copy of
its body with that change, and no number its own body. So a change is what it is where it is made alone, and the compiler is asked once for all
of them. What does not compile is taken out, by the places that the compiler names, until the rest does.
"""

import collections
import concurrent.futures
import json
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time

# The choice, in a crate that has no library but the core. Whoever is not asked for a number runs what is written.
CRATE = "crates/engine/src/lib.rs"
SWITCH = """
mod switch {
    extern crate std;
    pub(crate) fn on() -> u32 {
        static ON: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
        *ON.get_or_init(|| std::env::var("SIT_MUTANT").map_or(0, |number| number.parse().expect("a number")))
    }
}
"""
# A change may have a loop never end, or fill a memory: seconds of the processor, as a multiple of what the tests take without a
# change; seconds on the clock, since the machine may do other work; bytes.
PATIENCE, LEAST, CLOCK, MEMORY = 5, 3, 20, 8 << 30


def say(*words):
    print(*words, file=sys.stderr, flush=True)


class Source:
    """A file as text, with the offsets of its lines: cargo-mutants counts lines and characters from one."""

    def __init__(self, text):
        self.text = text
        self.lines = [0]
        for line in text.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))

    def span(self, span):
        return tuple(self.lines[span[end]["line"] - 1] + span[end]["column"] - 1 for end in ("start", "end"))

    def body(self, function):
        """Where the body of a function begins, behind its brace, and ends, and whether nothing can be chosen in it while it runs."""
        begin, end = self.span(function["span"])
        name = re.escape(function["function_name"].rsplit("::", 1)[-1])
        head = re.compile(rf"[^\n]*\bfn\s+(r#)?{name}\b")
        found = next(found for found in head.finditer(self.text, begin, end) if not found[0].lstrip().startswith("//"))
        fixed = re.search(r"\bconst\b", found[0]) is not None or re.search(r"\bimpl\b", function["return_type"]) is not None
        place, depth = found.end(), 0
        while depth or self.text[place] != "{":
            if self.text.startswith("//", place):
                place = self.text.index("\n", place)
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(self.text[place], 0)
            place += 1
        if self.text[end - 1] != "}":
            raise ValueError(f"{function['function_name']} does not end with a brace")
        return place + 1, end - 1, fixed


def sorted_out(changes, sources):
    """The changes that a function can choose while it runs, by body, and the others."""
    bodies, apart = collections.defaultdict(list), []
    for change in changes:
        source, function = sources[change["file"]], change["function"]
        if function is None:
            apart.append(change)
            continue
        begin, end, fixed = source.body(function)
        first, last = source.span(change["span"])
        if fixed or first < begin or last > end:
            apart.append(change)
        else:
            changed = source.text[begin:first] + change["replacement"] + " " + source.text[last:end]
            bodies[change["file"], begin].append((change, changed))
    return bodies, apart


def write(tree, sources, bodies):
    """Writes each file with its choices; the lines of each change in what is written, by file."""
    places = {}
    for name, source in sources.items():
        told, lines, written, at = [], [], 0, 1
        for (file, begin), body in sorted(bodies.items()):
            if file != name or not body:
                continue
            told.append(source.text[written:begin] + "\nmatch crate::switch::on() {\n")
            at += told[-1].count("\n")
            for change, text in body:
                told.append(f"{change['number']} => return {{\n{text}\n}},\n")
                lines.append((at, at + told[-1].count("\n"), change))
                at += told[-1].count("\n")
            told.append("_ => {}\n}\n")
            at += told[-1].count("\n")
            written = begin
        told.append(source.text[written:])
        places[name] = lines
        text = "".join(told) + (SWITCH if name == CRATE else "")
        path = os.path.join(tree, name)
        if open(path, encoding="utf-8").read() != text:
            open(path, "w", encoding="utf-8").write(text)
    return places


def build(tree, arguments):
    """What cargo says: the programs of tests, or the errors."""
    asked = ["cargo", "test", "--no-run", "--message-format", "json", *arguments]
    told = subprocess.run(asked, cwd=tree, stdout=subprocess.PIPE, text=True, check=False)
    programs, errors = [], []
    for line in told.stdout.splitlines():
        message = json.loads(line)
        if message["reason"] == "compiler-artifact" and message["profile"]["test"] and message["executable"]:
            # A benchmark has a harness of its own, and notices nothing.
            if message["target"]["kind"] == ["bench"]:
                continue
            programs.append((message["target"]["name"], os.path.dirname(message["manifest_path"]), message["executable"]))
        elif message["reason"] == "compiler-message" and message["message"]["level"].startswith("error"):
            errors.append(message["message"])
    return told.returncode, programs, errors


def named(error, places):
    """The changes in whose lines an error lies: where it is, or else where it comes from."""
    for spans in ([span for span in error["spans"] if span["is_primary"]], error["spans"]):
        found = [
            change
            for span in spans
            for first, end, change in places.get(span["file_name"], [])
            if first <= span["line_start"] < end
        ]
        if found:
            return found
    return [change for child in error["children"] if child["spans"] for change in named(child, places)]


def compiled(tree, sources, bodies, arguments):
    """The programs of tests, with all that compiles; and what does not."""
    unviable = []
    while True:
        places = write(tree, sources, bodies)
        code, programs, errors = build(tree, arguments)
        if code == 0:
            return programs, unviable
        bad = {change["number"]: change for error in errors for change in named(error, places)}
        if not bad:
            sys.exit("error: what does not compile is no change:\n" + "\n".join(error["rendered"] or "" for error in errors))
        unviable += bad.values()
        for key in bodies:
            bodies[key] = [(change, text) for change, text in bodies[key] if change["number"] not in bad]
        say(f"    {len(bad)} changes do not compile; again without them")


def run(program, number, seconds):
    """Whether one file of tests passes with a change: passed, caught or timeout; the test that failed; seconds of the processor."""
    _, folder, path = program
    environment = {
        **os.environ,
        "SIT_MUTANT": str(number),
        "RUST_TEST_THREADS": "1",
        # The first failure is enough. What the option needs is asked for when the tests run.
        "RUSTC_BOOTSTRAP": "1",
        # Nobody reads the smallest failing case.
        "PROPTEST_MAX_SHRINK_ITERS": "0",
        "PROPTEST_DISABLE_FAILURE_PERSISTENCE": "1",
    }

    def bounds():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if seconds:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))

    tests = subprocess.Popen(
        [path, "-Zunstable-options", "--fail-fast"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=bounds,
    )
    late = []
    clock = threading.Timer(CLOCK * (seconds or 3600), lambda: (late.append(True), os.killpg(tests.pid, signal.SIGKILL)))
    clock.start()
    said = tests.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(tests.pid, 0)
    clock.cancel()
    tests.returncode = os.waitstatus_to_exitcode(status)
    used = usage.ru_utime + usage.ru_stime
    if tests.returncode == 0:
        return "passed", "", used
    if late or tests.returncode == -signal.SIGXCPU or (seconds and used >= seconds):
        return "timeout", "", used
    failed = re.search(r"^test (\S+).* FAILED$", said, re.MULTILINE)
    return "caught", failed[1] if failed else f"ended with {tests.returncode}", used


def tried(change, programs, baseline):
    """What became of one change: the tests of its own part first, then the shortest."""
    part = change["file"].removeprefix("crates/engine/src/").split("/")[0].removesuffix(".rs")
    for program in sorted(programs, key=lambda program: (program[0] != part, baseline[program[2]])):
        outcome, test, _ = run(program, change["number"], int(baseline[program[2]] * PATIENCE) + LEAST)
        if outcome != "passed":
            return outcome, f"{program[0]} {test}".strip()
    return "missed", ""


def main():
    changes, tree, out, jobs = sys.argv[1:5]
    arguments = sys.argv[6:]
    changes = json.load(open(changes, encoding="utf-8"))
    for number, change in enumerate(changes, 1):
        change["number"] = number
    names = {change["file"] for change in changes} | {CRATE}
    # What an earlier run has changed is not the source: scripts/mutants lays the copy anew.
    sources = {name: Source(open(os.path.join(tree, name), encoding="utf-8").read()) for name in names}
    bodies, apart = sorted_out(changes, sources)
    start = time.monotonic()
    programs, unviable = compiled(tree, sources, bodies, arguments)
    ready = sorted((change for body in bodies.values() for change, _ in body), key=lambda change: change["number"])
    say(f"    {len(ready)} changes in {len(programs)} programs of tests, {time.monotonic() - start:.0f} s")
    baseline = {}
    for program in programs:
        outcome, test, baseline[program[2]] = run(program, 0, 0)
        if outcome != "passed":
            sys.exit(f"error: without any change {program[0]} does not pass: {test}")
    say(f"    without a change all tests take {sum(baseline.values()):.1f} s of a processor")
    kinds = ("caught", "missed", "timeout", "unviable", "apart")
    files = {kind: open(os.path.join(out, f"{kind}.txt"), "w", encoding="utf-8") for kind in kinds}
    counts = collections.Counter()

    def note(kind, change, by=""):
        counts[kind] += 1
        print(change["name"] + (f"  [{by}]" if by else ""), file=files[kind], flush=True)

    for change in unviable:
        note("unviable", change)
    for change in apart:
        note("apart", change)
    with concurrent.futures.ThreadPoolExecutor(int(jobs)) as workers:
        waiting = {workers.submit(tried, change, programs, baseline): change for change in ready}
        try:
            for done in concurrent.futures.as_completed(waiting):
                note(done.result()[0], waiting[done], done.result()[1])
                tries = counts["caught"] + counts["missed"] + counts["timeout"]
                if tries % 25 == 0:
                    say(f"    {tries} of {len(ready)} tried, {counts['missed']} missed, {time.monotonic() - start:.0f} s")
        except BaseException:
            # Whoever ends the run waits for what runs, and not for the rest.
            workers.shutdown(wait=False, cancel_futures=True)
            raise


main()
