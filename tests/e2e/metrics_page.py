"""docs/metrics.md as data, and a page of /metrics held against it."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def documented():
    """Name -> (type, labels, roles) for each metric; roles as the section's heading names them, None for every role."""
    metrics = {}
    for section in (ROOT / "docs/metrics.md").read_text().split("\n## ")[1:]:
        roles = set(re.findall(r"`(\w+)`", section.splitlines()[0])) or None
        for name, kind, labels in re.findall(r"^\| `([a-z_0-9]+)` \| (\w+) \| [^|]* \| ([^|]*) \|", section, re.M):
            metrics[name] = (kind, set(re.findall(r"`(\w+)`", labels)), roles)
    return metrics


def check_page(test, text, role):
    """That the page of a role has what the documentation says, no more and no less, as Prometheus reads it."""
    expected = {name: found for name, found in documented().items() if found[2] is None or role in found[2]}
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    # What is counted by code has a series once there is one.
    wanted = {name: kind for name, (kind, labels, _) in expected.items() if name in types or "code" not in labels}
    test.assertEqual(types.items() ^ wanted.items(), set(), "documented and not exposed, or exposed and not documented")
    series = re.findall(r"^([a-z_0-9]+)(?:\{(.*)\})? \S+$", text, re.M)
    for name, selector in series:
        base = re.sub(r"_(bucket|sum|count)$", "", name) if name not in expected else name
        labels = set(re.findall(r"(\w+)=", selector)) - {"le"}
        test.assertEqual(labels, expected[base][1], name)
    test.assertIn(f'role="{role}"}} 1', text)
    linted = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    test.assertEqual((linted.returncode, linted.stderr), (0, ""))
