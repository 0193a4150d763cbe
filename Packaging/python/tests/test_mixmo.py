"""Tests of the package with its program: python -m unittest discover Packaging/python/tests."""

import importlib.util
import math
import subprocess
import sys
import tempfile
import unittest
import warnings
from pathlib import Path

import numpy as np

import mixmo

HAS_PANDAS = importlib.util.find_spec("pandas") is not None


def predictions(count=200, classes=4, seed=0):
    """Logits [N, K] that are right more often than not, and labels [N]."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, count)
    logits = generator.normal(size=(count, classes))
    logits[np.arange(count), labels] += 1.5
    return logits, labels


def probabilities(logits):
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


def row(table, **wanted):
    """The row whose fields are these."""
    found = [row for row in table if all(row[name] == value for name, value in wanted.items())]
    assert len(found) == 1, (wanted, found)
    return found[0]


class ScoreTests(unittest.TestCase):
    def setUp(self):
        warnings.simplefilter("ignore")
        self.logits, self.labels = predictions()

    def scored(self, logits=None, **options):
        logits = self.logits if logits is None else logits
        return mixmo.score(logits, self.labels, pandas=False, bootstrap=20, **options)

    def test_accuracy_and_loss_are_those_of_numpy(self):
        cell = row(self.scored()["cells"], corruption="clean", predictor="network", calibration="none")
        self.assertEqual(cell["accuracy"], np.mean(self.logits.argmax(1) == self.labels))
        loss = -np.log(probabilities(self.logits)[np.arange(len(self.labels)), self.labels]).mean()
        # The sum of 200 logarithms in float64, in another order.
        self.assertAlmostEqual(cell["nll"], loss, delta=1e-13)
        self.assertEqual(cell["samples"], len(self.labels))

    def test_columns_have_types(self):
        tables = self.scored(calibration=["none", "temperature"])
        cell = row(tables["cells"], calibration="none")
        self.assertIsNone(cell["temperature"])
        self.assertIsInstance(cell["samples"], int)
        self.assertIsInstance(cell["accuracy"], float)
        self.assertIsInstance(row(tables["cells"], calibration="temperature")["temperature"], float)

    def test_a_name_that_looks_like_a_number_stays_text(self):
        run = self.scored(name="007")
        self.assertEqual({cell["run"] for cell in run["cells"]}, {"007"})
        self.assertEqual(run.name, "007")

    def test_a_list_is_an_ensemble_of_networks(self):
        other, _ = predictions(seed=1)
        run = self.scored([self.logits, other])
        mean = (probabilities(self.logits) + probabilities(other)) / 2
        self.assertEqual(
            row(run["cells"], predictor="ensemble-probs")["accuracy"], np.mean(mean.argmax(1) == self.labels))
        self.assertEqual(run.record["members"], "independent")

    def test_members_in_one_array_are_subnetworks(self):
        run = self.scored(np.stack([self.logits, self.logits], axis=1))
        self.assertEqual(run.record["members"], "subnetworks")

    def test_a_dictionary_has_cells(self):
        run = self.scored({"clean": self.logits, "fog-3": self.logits / 2})
        self.assertEqual({(cell["corruption"], cell["severity"]) for cell in run["cells"]}, {("clean", 0), ("fog", 3)})

    def test_a_list_of_dictionaries_is_an_ensemble(self):
        cells = {"clean": self.logits, "fog-3": self.logits / 2}
        self.assertIn("member-1", {cell["predictor"] for cell in self.scored([cells, cells])["cells"]})

    def test_a_folder_has_cells_too(self):
        with tempfile.TemporaryDirectory() as folder:
            np.save(Path(folder) / "clean.npy", self.logits)
            np.save(Path(folder) / "fog-3.npy", self.logits / 2)
            given = self.scored(folder, name="same")["cells"]
        self.assertEqual(given, self.scored({"clean": self.logits, "fog-3": self.logits / 2}, name="same")["cells"])

    def test_nested_lists_and_files_are_arrays_too(self):
        expected = self.scored(name="same")["cells"]
        self.assertEqual(self.scored(self.logits.tolist(), name="same")["cells"], expected)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "logits.npy"
            np.save(file, self.logits)
            self.assertEqual(self.scored(file, name="same")["cells"], expected)

    def test_options_of_each_form(self):
        run = self.scored(
            conformal=True, alpha=[0.2, 0.1], table=None, header=False, bins=10,
            ood={"noise": np.zeros((50, 4))}, soft_labels=probabilities(self.logits))
        self.assertEqual({row["alpha"] for row in run["conformal"]}, {0.2, 0.1})
        self.assertEqual({row["ood"] for row in run["ood"]}, {"noise"})
        self.assertEqual(max(row["bin"] for row in run["reliability"]), 9)

    def test_validation_predictions_are_arrays(self):
        run = self.scored(
            validation_logits=self.logits, validation_labels=list(map(int, self.labels)), fitting="validation",
            temperature_scaling=True)
        self.assertEqual({cell["fitting"] for cell in run["cells"]}, {"validation"})

    def test_output_keeps_the_folder(self):
        with tempfile.TemporaryDirectory() as folder:
            run = self.scored(output=Path(folder) / "kept")
            again = mixmo.read(Path(folder) / "kept", pandas=False)
            self.assertEqual(run, again)
            self.assertEqual(run.folder, str(Path(folder) / "kept"))
        self.assertIsNone(self.scored().folder)

    def test_what_the_command_refuses_is_raised_with_its_message(self):
        with self.assertRaisesRegex(mixmo.MixmoError, r"^labels.npy: 200 labels are not in 0..<4"):
            mixmo.score(self.logits, self.labels + 9)
        with self.assertRaisesRegex(mixmo.MixmoError, "unknown \"warmth\"") as caught:
            self.scored(calibration="warmth")
        self.assertEqual(caught.exception.status, 64)
        with self.assertRaisesRegex(mixmo.MixmoError, "--no-such-option"):
            self.scored(no_such_option=3)

    def test_what_is_no_array_is_refused(self):
        with self.assertRaisesRegex(ValueError, "labels: expected an array of numbers"):
            mixmo.score(self.logits, [object()])
        with self.assertRaisesRegex(ValueError, "expected names of cells"):
            mixmo.score({"../clean": self.logits}, self.labels)

    def test_warnings_are_warnings(self):
        impossible = probabilities(self.logits)
        impossible[0] = np.roll(np.eye(4)[self.labels[0]], 1)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            self.scored(impossible, probabilities=True)
        self.assertTrue(any("nll" in str(warning.message) for warning in caught), caught)

    @unittest.skipUnless(HAS_PANDAS, "without pandas")
    def test_tables_are_frames_of_the_same_numbers(self):
        import pandas
        run = mixmo.score(self.logits, self.labels, bootstrap=20, temperature_scaling=True, name="7")
        plain = self.scored(temperature_scaling=True, name="7")
        for name, table in run.items():
            self.assertIsInstance(table, pandas.DataFrame)
            self.assertEqual(len(table), len(plain[name]))
            for column in table:
                for value, expected in zip(table[column], (row[column] for row in plain[name])):
                    self.assertTrue(value == expected or expected is None and pandas.isna(value), (column, value))
        self.assertEqual(run["cells"]["accuracy"].dtype, float)
        self.assertEqual(run["cells"]["severity"].dtype, int)
        self.assertTrue(math.isnan(run["cells"]["temperature"][0]))
        logits = pandas.DataFrame(self.logits)
        self.assertEqual(mixmo.score(logits, pandas.Series(self.labels), pandas=False, bootstrap=20, name="7")["cells"],
                         self.scored(name="7")["cells"])


class ReadTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_what_is_no_run_folder_is_refused(self):
        with self.assertRaisesRegex(FileNotFoundError, "found nothing"):
            mixmo.read(self.folder / "none")
        with self.assertRaisesRegex(FileNotFoundError, "expected tables such as cells.csv, found none"):
            mixmo.read(self.folder)
        (self.folder / "cells.csv").touch()
        with self.assertRaisesRegex(NotADirectoryError, "found a file"):
            mixmo.read(self.folder / "cells.csv")

    def test_a_file_that_is_no_table_is_named_with_its_line(self):
        for content, problem in [
                (b"", "line 1: expected the names of columns"), (b"a,a\n", "line 1: expected the names"),
                (b"a,b\n1,2\n3\n", "line 3: expected 2 fields, found 1"), (b"a\n\xff\n", "expected CSV in UTF-8"),
                (b'a\n"1\n', "expected CSV")]:
            (self.folder / "cells.csv").write_bytes(content)
            with self.assertRaisesRegex(ValueError, f"cells.csv: .*{problem}"):
                mixmo.read(self.folder)

    def test_records_that_are_damaged_are_named(self):
        (self.folder / "cells.csv").write_text("run\nfirst\n")
        for name, content in [("run.json", "{"), ("run.json", "[]"), ("findings.json", '{"runs": [1]}')]:
            (self.folder / name).write_text(content)
            with self.assertRaisesRegex(ValueError, f"{name}: expected"):
                mixmo.read(self.folder)
            (self.folder / name).unlink()

    def test_fields_keep_their_kind(self):
        (self.folder / "some.csv").write_text('run,count,value,note,empty\n1,2,3e-5,"a, b",\n2,,,,\n')
        run = mixmo.read(self.folder, pandas=False)
        self.assertEqual(run["some"], [
            {"run": "1", "count": 2, "value": 3e-5, "note": "a, b", "empty": None},
            {"run": "2", "count": None, "value": None, "note": None, "empty": None}])

    def test_a_notebook_shows_findings_and_sizes(self):
        (self.folder / "cells.csv").write_text("run\n<first>\n")
        (self.folder / "findings.json").write_text(
            '{"runs": [{"findings": [{"topic": "accuracy", "sentence": "Less than 5 % & falling."}]}]}')
        run = mixmo.read(self.folder)
        self.assertIn("cells (1 rows)", repr(run))
        self.assertIn("Less than 5 % &amp; falling.", run._repr_html_())


class CommandTests(unittest.TestCase):
    def test_the_console_command_is_the_program(self):
        command = [sys.executable, "-m", "mixmo"]
        shown = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
        self.assertEqual(shown.stdout.strip(), mixmo.__version__)
        failed = subprocess.run([*command, "nonsense"], capture_output=True, text=True)
        self.assertEqual(failed.returncode, 64)

    def test_the_client_is_the_one_that_the_command_prints(self):
        printed = subprocess.run(
            [sys.executable, "-m", "mixmo", "model-client"], capture_output=True, check=True)
        client = importlib.util.find_spec("mixmo_client")
        self.assertEqual(Path(client.origin).read_bytes(), printed.stdout)


if __name__ == "__main__":
    unittest.main()
