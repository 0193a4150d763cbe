"""The commands whose results must stay the same bytes: each subcommand with its important options.

Paths are below the folder that the commands run in: `inputs` holds what they read, all else is a result.
"""
import os
import shutil
from pathlib import Path

import inputs
from inputs import DEMO_RECIPE

# The corruptions of most evaluations: one of noise, blur, weather and the digital ones.
FOUR = [word for name in ("shot_noise", "motion_blur", "fog", "jpeg_compression") for word in ("--corruption", name)]


def every(session, with_demo):
    """Runs all commands; the order matters where one reads what another wrote."""
    if not with_demo:
        session.interrupt_when_there("inputs/demo/data/digits-data/README.md", "demo", "--output", "inputs/demo")
        digits = session.folder / "inputs/demo/data/digits-data/cifar-10-batches-bin"
    else:
        session.run("demo", "demo", "--output", "demo", "--quiet")
        digits = session.folder / "demo/data/digits-data/cifar-10-batches-bin"
    train, test = inputs.cifar_records(digits)
    data_sets(session.folder / "inputs/data", train, test)
    for part in (trainings, corrupted_images, evaluations, programs, shards, scores, reports, checkpoints, others):
        part(session)


def data_sets(folder, train, test):
    inputs.write_cifar10(folder / "digits-data/cifar-10-batches-bin", train[:64], test[:48])
    inputs.write_cifar10(folder / "cifar10-data/cifar-10-batches-bin", train[100:180], test[100:140])
    inputs.write_cifar100(folder / "cifar100-data/cifar-100-binary", train[:200], test[:100])
    inputs.write_tiny_imagenet(folder / "tinyimagenet200-data")


def recipe(session, name, *arguments, **keywords):
    inputs.write_recipe(session.folder / f"inputs/{name}.yaml", *arguments, **keywords)


def train(session, name, *more, save="runs", **keywords):
    session.run(
        f"train-{save}-{name}", "train", "--config", f"inputs/{name}.yaml", "--data", "inputs/data",
        "--save", save, "--quiet", *more, **keywords)


def evaluate(session, name, output, *more, run="small", checkpoint="best", **keywords):
    session.run(
        f"evaluate-{name}", "evaluate", "--config", f"inputs/{run}.yaml", "--data", "inputs/data", "--save", "runs",
        "--checkpoint", checkpoint, "--output", output, "--quiet", *more, **keywords)


def trainings(session):
    recipe(session, "small", changes={"nb_epochs": 3})
    train(session, "small", "--json")
    train(session, "small", "--threads", "1", save="runs-one-thread")
    train(session, "small", "--seed", "7", "--keep", "1", save="runs-other-seed")
    train(session, "small", save="runs-baseline", environment={"MIXMO_KERNELS": "baseline"})
    train(session, "small", "--exact-sums", save="runs-exact-sums")
    resumed = ["train", "--config", "inputs/small.yaml", "--data", "inputs/data", "--save", "runs-resumed", "--json"]
    session.interrupt_after_line('{"epoch"', *resumed)
    session.run("train-resumed", *resumed)

    # What differs from the demo's recipe, one thing or two each.
    def pair(name, *replacements, **changes):
        recipe(session, name, changes=changes, replacements=replacements)
        train(session, name)
    method = "method_name: cutmix"
    pair("linear", (method, "method_name: mixup"))
    pair("mimo", (method, "method_name: mixup"), alpha=0, weight_root=1)
    pair("cow", (method, "method_name: cow"), proba_input_repetition=0)
    pair("patch-up", (method, "method_name: patchuphard"), batch_repetitions=2)
    pair("msda-cutmix", ("mix_method: null", "mix_method: cutmix"), batch_repetitions=4)
    pair("msda-mixup-augmix", ("mix_method: null", "mix_method: mixup"), da_method="augmix")
    pair("weight-decay", weight_decay=0.01, l2_reg=0, nesterov="False")
    sgd = inputs.between(DEMO_RECIPE, "  optimizer:\n", "  warmup_period")
    for name, settings in [
            ("adam", "{lr: 0.001, betas: [0.9, 0.99], eps: 1.0e-8, weight_decay: 0.01, amsgrad: True}"),
            ("adadelta", "{lr: 1.0, rho: 0.9, eps: 1.0e-6, weight_decay: 0}"),
            ("rmsprop", "{lr: 0.001, alpha: 0.9, eps: 1.0e-8, weight_decay: 0, momentum: 0.5, centered: True}")]:
        pair(name, (sgd, f"  optimizer: {{name: {name}, params: {settings}}}\n"))

    # Other networks and data sets, from the recipes that `config create` writes.
    def created(dataset, name, **changes):
        short = name.split("_")[0]
        session.run(
            f"config-create-{short}", "config", "create", "--dataset", dataset, "--recipe", name,
            "--output", "created")
        recipe(session, short, session.folder / f"created/exp_{dataset.removesuffix('200')}_{name}.yaml", changes)
        train(session, short)
    created("cifar10", "wrn2810_1net_msdamixup_bar1", depth=16)
    created("cifar100", "wrn2810-3_cutmixmo-p5_standard_bar2", depth=10, batch_size=20)
    created("tinyimagenet200", "res18-2_cutmixmo-p5_standard_bar4", batch_size=50, batch_repetitions=1)
    recipe(session, "cifar10", changes={"dataset": "cifar10"})
    train(session, "cifar10")


def corrupted_images(session):
    folder = session.folder
    cifar = ["corrupt", "--dataset", "cifar10", "--data", "inputs/data"]
    tiny = ["corrupt", "--dataset", "tinyimagenet200", "--data", "inputs/data", *FOUR, "--severity", "2"]
    session.run("corrupt-npy", *cifar, "--output", "corrupted/npy", timed=True)
    session.run("corrupt-png", *tiny, "--output", "corrupted/png", timed=True)
    session.run("corrupt-jpeg", *tiny, "--output", "corrupted/jpeg", "--format", "jpeg", "--limit", "10", timed=True)
    (folder / "inputs/frost").mkdir()
    # The sizes of the published pictures; a file's type is told by its contents.
    for name, height, width in [
            ("frost1.png", 600, 900), ("frost2.png", 315, 560), ("frost3.png", 315, 560), ("frost4.jpg", 350, 527),
            ("frost5.jpg", 495, 660)]:
        (folder / f"inputs/frost/{name}").write_bytes(inputs.png(height, width, seed=height + width))
    (folder / "inputs/picture.png").write_bytes(inputs.png(200, 300, seed=1))
    session.run(
        "corrupt-preview", "corrupt", "--image", "inputs/picture.png", "--preview", "corrupted/sheet.png", "--quiet")
    session.run(
        "corrupt-preview-jpeg", "corrupt", "--dataset", "digits", "--data", "inputs/data",
        "--preview", "corrupted/sheet.jpg", "--seed", "4", "--json")
    session.run(
        "corrupt-seed", *cifar, "--output", "corrupted/seed", "--corruption", "frost", "--corruption", "snow",
        "--seed", "9", "--limit", "7", "--frost-textures", "inputs/frost", "--threads", "1", timed=True)
    inputs.copy_suite(folder / "inputs/turbo.yaml", [("codec: ijg", "codec: turbo")])
    session.run(
        "corrupt-suite", *cifar, "--output", "corrupted/suite", "--suite", "inputs/turbo.yaml",
        "--corruption", "jpeg_compression", "--format", "png", timed=True)
    os.symlink("../../corrupted/npy", folder / "inputs/data/CIFAR-10-C")
    os.symlink("../../corrupted/png", folder / "inputs/data/Tiny-ImageNet-C")


def evaluations(session):
    evaluate(session, "clean", "clean", "--json")
    evaluate(session, "epoch-1", "epoch-1", "--temperature-scaling", "--limit", "20", checkpoint="1")
    evaluate(
        session, "generated", "generated", "--corruptions", "--generate", "--calibration", "all", "--bootstrap", "50",
        "--report")
    evaluate(
        session, "generated-again", "generated", "--corruptions", "--generate", "--calibration", "none",
        "--bootstrap", "0")
    evaluate(
        session, "seed", "seed", *FOUR, "--generate", "--seed", "3", "--fitting", "cv",
        "--calibration", "none,temperature,vector,isotonic", "--bootstrap", "20", "--threads", "1")
    evaluate(
        session, "frost", "frost", "--corruption", "frost", "--severity", "2", "--severity", "4", "--generate",
        "--frost-textures", "inputs/frost", "--bootstrap", "20")
    evaluate(
        session, "suite", "suite", "--corruptions", "--severity", "5", "--generate", "--suite", "inputs/turbo.yaml",
        "--bootstrap", "20", "--baseline", "generated")
    evaluate(
        session, "npy", "npy", "--corruptions", "--temperature-scaling", "--bootstrap", "20", run="cifar10")
    evaluate(
        session, "png", "png", *FOUR, "--severity", "2", "--calibration", "all", "--bootstrap", "20",
        "--cache", "cache", "--limit", "10", run="res18-2")
    evaluate(
        session, "baseline", "baseline", *FOUR, "--severity", "1", "--generate", "--bootstrap", "20",
        environment={"MIXMO_KERNELS": "baseline"})
    for run in ("wrn2810", "wrn2810-3"):
        evaluate(session, run, run, "--calibration", "all", "--bootstrap", "20", run=run)


def shards(session):
    more = [*FOUR, "--severity", "1", "--severity", "3", "--generate", "--calibration", "none,temperature",
            "--bootstrap", "20"]
    for part in ("1", "2", "3"):
        evaluate(session, f"shard-{part}", f"shard-{part}", *more, "--shard", f"{part}/3")
    evaluate(session, "adam", "adam", *more, "--seed", "0", run="adam")
    session.run("merge", "merge", "shard-3", "shard-1", "shard-2", "--output", "merged", "--quiet")


def programs(session):
    """A program in place of a network, and the cells of an evaluation as anybody's files."""
    program = Path(__file__).resolve().parents[1] / "TestSupport/Programs/program.py"
    shutil.copy(program, session.folder / "inputs/program.py")
    session.run(
        "evaluate-program", "evaluate", "--model", "python3 inputs/program.py members", "--dataset", "digits",
        "--data", "inputs/data", "--generate", *FOUR, "--batch", "7", "--deep-ensemble", "--temperature-scaling",
        "--bootstrap", "20", "--output", "program", "--quiet")
    session.run(
        "score-cells", "score", "--cells", "generated/predictions", "--labels", "generated/predictions/labels.npy",
        "--temperature-scaling", "--bootstrap", "20", "--output", "cells", "--quiet")


def scores(session):
    folder = session.folder / "inputs/scores"
    folder.mkdir()
    few = inputs.labels(300, 5, seed=1)
    members = [inputs.logits(few, 5, seed) for seed in (2, 3)]
    many = inputs.labels(9000, 20, seed=4)
    many_members = [inputs.logits(many, 20, seed) for seed in (5, 6)]
    positive = inputs.probabilities(members[0])
    for name, content in {
            "labels.npy": inputs.npy_of_labels(few), "both.npy": inputs.npy_of_members(members),
            "0.npy": inputs.npy_of_rows(members[0]), "1.npy": inputs.npy_of_rows(members[1], "<f8", "d"),
            "labels.txt": "".join(f"{label}\n" for label in few).encode(),
            "probabilities.csv": inputs.csv(positive), "probabilities.npy": inputs.npy_of_rows(positive),
            "many.npy": inputs.npy_of_members(many_members), "many-labels.npy": inputs.npy_of_labels(many),
    }.items():
        (folder / name).write_bytes(content)
    inputs.write_npz(folder / "named.npz", {
        "other": inputs.npy_of_labels([1, 2]), "logits": inputs.npy_of_rows(members[1])})

    def score(name, files, labels, *more, **keywords):
        paths = [f"inputs/scores/{file}" for file in files]
        session.run(
            f"score-{name}", "score", "--logits", *paths, "--labels", f"inputs/scores/{labels}",
            "--output", f"scores/{name}", "--name", name, "--quiet", *more, **keywords)
    score("both", ["both.npy"], "labels.npy", "--calibration", "all")
    score("two", ["0.npy", "1.npy"], "labels.txt", "--calibration", "all", "--bootstrap", "50", "--json")
    score("one", ["named.npz"], "labels.npy", "--calibration", "all", "--bootstrap", "50")
    score("csv", ["probabilities.csv"], "labels.txt", "--probabilities", "--temperature-scaling")
    score("npy", ["probabilities.npy"], "labels.npy", "--probabilities", "--calibration", "all", "--seed", "5")
    score("cv", ["both.npy"], "labels.npy", "--calibration", "all", "--fitting", "cv", "--bootstrap", "0")
    score(
        "validation", ["both.npy"], "labels.npy", "--calibration", "all", "--bootstrap", "50",
        "--validation-logits", "inputs/scores/1.npy", "inputs/scores/0.npy",
        "--validation-labels", "inputs/scores/labels.npy")
    score("many", ["many.npy"], "many-labels.npy", "--calibration", "all", "--bootstrap", "50")
    score("many-one-thread", ["many.npy"], "many-labels.npy", "--bootstrap", "50", "--threads", "1")


def reports(session):
    session.run("report-one", "report", "scores/many")
    session.run("report-two", "report", "merged", "adam", "--output", "report-two")
    session.run("report-training", "report", "runs/small", "--output", "report-training", "--json")
    session.run("report-comparable", "report", "scores/two", "scores/one", "--output", "report-scores")
    session.run("table", "table", "generated", "suite")
    session.run(
        "table-latex", "table", "generated", "suite", "--format", "latex", "--over", "clean",
        "c15(substitute)/macro", "c15(substitute)/noise",
        "--metric", "accuracy", "nll", "aurc", "--predictor", "ensemble", "members-mean",
        "--calibration", "none", "--intervals")
    session.run("table-scores", "table", "scores/both", "scores/two", "--over", "clean", "--intervals")
    session.run("compare", "compare", "scores/both", "scores/two", "--output", "comparison", "--quiet")
    session.run(
        "compare-cells", "compare", "merged", "adam", "--predictor", "member-0", "--calibration", "temperature",
        "--bootstrap", "100", "--output", "comparison-cells", "--threads", "1", "--quiet")
    session.run("compare-json", "compare", "scores/two", "scores/one", "scores/both", "--json", "--quiet")
    session.run("verify-runs", "verify", "scores/many", "merged", "npy", "png", "--quiet")
    session.run("verify-runs-json", "verify", "runs/small", "scores/validation", "--json", "--quiet")


def checkpoints(session):
    (session.folder / "converted").mkdir(exist_ok=True)
    session.run("convert-there", "convert", "runs/small/last.ckpt", "converted/last.safetensors", "--quiet")
    session.run("convert-back", "convert", "converted/last.safetensors", "converted/back.pt", "--json")
    session.run(
        "convert-format", "convert", "runs/small/last.ckpt", "converted/copy.bin", "--format", "pytorch", "--quiet")
    for name, *arguments in [
            ("checkpoint", "runs/small/last.ckpt"), ("safetensors", "converted/last.safetensors", "--json"),
            ("config", "--config", "inputs/res18-2.yaml"),
            ("both", "runs/wrn2810-3/last.ckpt", "--config", "inputs/wrn2810-3.yaml", "--json")]:
        session.run(f"inspect-{name}", "inspect", *arguments)
    evaluate(session, "converted", "evaluated-copy", checkpoint="converted/last.safetensors")


def others(session):
    for dataset in ("cifar10", "cifar100", "tinyimagenet200"):
        session.run(f"config-{dataset}", "config", "create", "--dataset", dataset, "--output", f"config/{dataset}")
    session.run("config-list", "config", "create", "--list")
    session.run("config-list-json", "config", "create", "--list", "--dataset", "cifar100", "--json")
    (session.folder / "inputs/template.yaml").write_text(
        "members: %(num_members)s\nrepetitions: %(batch_repetitions)s\n")
    session.run(
        "config-template", "config", "create", "--dataset", "cifar10", "--recipe", "wrn2810-3_mimo_daaugmix_bar2",
        "--template", "inputs/template.yaml", "--output", "config/template")
    for dataset in ("digits", "cifar10", "tinyimagenet200"):
        # The data sets are small ones of the same form, which are valid.
        session.run(f"verify-{dataset}", "data", "verify", "--dataset", dataset, "--data", "inputs/data")
    # A file is missing.
    session.run("verify-json", "data", "verify", "--dataset", "cifar100", "--data", "inputs/data", "--json", status=1)
    benchmark = ["benchmark", "--network", "wrn-10-1", "--batch", "4", "--rounds", "1", "--classes", "10"]
    session.run("benchmark", *benchmark, keeps_output=False)
    session.run("benchmark-training", *benchmark, "--train", "--layers", keeps_output=False)
