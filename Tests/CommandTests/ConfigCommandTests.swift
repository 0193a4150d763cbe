import Formats
import Foundation
import TestSupport
import Testing

/// `mixmo config create` as a user meets it.
struct ConfigCommandTests {
  private func text(_ url: URL) throws -> String { try String(contentsOf: url, encoding: .utf8) }

  @Test func `by default it writes the shipped files`() throws {
    let folder = try TemporaryFolder()
    let process = try MixmoProcess(
      "config", "create", "--dataset", "tinyimagenet", "--output", folder.file("tiny").path)
    #expect(process.status == 0, "\(process.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("tiny").path)
    #expect(names.count == 11)
    for name in names {
      #expect(process.output.contains("tiny/\(name): written\n"))
      #expect(
        try text(folder.file("tiny/\(name)"))
          == text(TestPackage.url.appending(path: "config/tiny/\(name)")))
    }
  }

  @Test func `the reference's spelling fills a template`() throws {
    let folder = try TemporaryFolder()
    let template = try folder.file("t.yaml", holding: "M: %(num_members)s\n".utf8)
    let arguments = [
      "config", "create", "--dataset", "cifar100", "--recipe", "wrn2810-3_mimo_daaugmix_bar2",
    ]
    let process = try MixmoProcess(
      arguments + ["--template_path", template.path, "--config_dir", folder.file("c").path])
    #expect(process.status == 0, "\(process.errors)")
    #expect(
      try text(folder.file("c/exp_cifar100_wrn2810-3_mimo_daaugmix_bar2.yaml")) == "M: 3\n")
    let short = try MixmoProcess(
      arguments + ["-t", template.path, "-c", folder.file("c").path, "--json"])
    #expect(short.output.contains("\"is_new\":false"))
  }

  @Test func `a small network on CIFAR trains`() throws {
    let workspace = try Workspace(epochs: 1, as: .cifar10)
    let process = try MixmoProcess(
      "config", "create", "--dataset", "cifar10", "--output", workspace.path("config"), "--recipe",
      "wrn101-4_cutmixmo-p5_standard_bar2")
    #expect(process.status == 0, "\(process.errors)")
    let file = "config/exp_cifar10_wrn101-4_cutmixmo-p5_standard_bar2.yaml"
    let short = try text(workspace.folder.file(file))
      .replacing("nb_epochs: 300", with: "nb_epochs: 1")
      .replacing("batch_size: 64", with: "batch_size: 16")
    #expect(!short.contains("Published"))
    try AtomicFile.write(short, to: workspace.folder.file(file))
    let training = try MixmoProcess(
      "train", "--config", workspace.path(file), "--data", workspace.data, "--save",
      workspace.path("runs"))
    #expect(training.status == 0, "\(training.errors)")
    let run = "runs/exp_cifar10_wrn101-4_cutmixmo-p5_standard_bar2"
    let cells = try CSVTable(contentsOf: workspace.folder.file("\(run)/cells.csv"))
    #expect(cells.column("predictor")?.contains("member-3") == true)
  }

  @Test func `a file that differs stays without --force`() throws {
    let folder = try TemporaryFolder()
    let name = "exp_cifar10_wrn2810_1net_standard_bar1"
    let file = try folder.file("\(name).yaml", holding: "mine".utf8)
    let arguments = [
      "config", "create", "--dataset", "cifar10", "--recipe", name, "--output", folder.url.path,
    ]
    let refused = try MixmoProcess(arguments)
    #expect(refused.status == 1)
    #expect(
      refused.errors.contains(
        "\(file.path): another file exists; choose another folder, or replace it with --force"))
    #expect(try text(file) == "mine")
    #expect(try MixmoProcess(arguments + ["--force"]).status == 0)
    #expect(try text(file).contains("96.37 %"))
  }

  @Test func `Tiny-ImageNet has its name of everywhere, and that of the reference`() throws {
    let lists = try ["tinyimagenet200", "tinyimagenet"].map {
      try MixmoProcess("config", "create", "--list", "--dataset", $0)
    }
    #expect(lists[0].status == 0 && lists[0].output == lists[1].output)
    let help = try MixmoProcess("config", "create", "--help").output
    #expect(help.contains("tinyimagenet200, digits)"), "\(help)")
  }

  @Test func `the list names every recipe, the shipped ones first`() throws {
    let all = try MixmoProcess("config", "create", "--list")
    #expect(all.output.split(separator: "\n").count == 2 * 168 + 288 + 336)
    let list = try MixmoProcess("config", "create", "--list", "--dataset", "cifar100")
    let names = list.output.split(separator: "\n")
    #expect(names.first == "exp_cifar100_wrn2810_1net_standard_bar1")
    for part in ["bar2", "-p5-a4_", "-p5-r1_", "cutmixmo-p2", "cowmixmo-p5", "daaugmix", "10-3_"] {
      #expect(names.contains { $0.contains(part) }, "\(part)")
    }
    let json = try MixmoProcess("config", "create", "--list", "--dataset", "cifar10", "--json")
    #expect(
      json.output.hasPrefix(
        #"[{"is_shipped":true,"published_accuracies":[96.37],"recipe":"exp_cifar10_wrn2810_1net"#))
  }

  @Test func `an unknown placeholder is an error with its line`() throws {
    let folder = try TemporaryFolder()
    let template = try folder.file("t.yaml", holding: "\n%(foo)s".utf8)
    let process = try MixmoProcess(
      "config", "create", "--dataset", "cifar10", "--template", template.path, "--output",
      folder.file("c").path)
    #expect(process.status == 1)
    #expect(
      process.errors.contains(
        "\(template.path):2: unknown placeholder %(foo)s; known are batch_repetitions, "))
    #expect(!FileManager.default.fileExists(atPath: folder.file("c").path))
  }

  @Test(arguments: [
    (["--dataset", "cifar10"], "Give --dataset and --output, or --list."),
    (["--output", "d"], "Give --dataset and --output, or --list."),
    (["--list", "--output", "d"], "--list goes with --dataset alone."),
    (["--dataset", "svhn", "--list"], "The value 'svhn' is invalid for '--dataset <name>'"),
    (
      ["--dataset", "digits", "--output", "d"],
      "--dataset digits: no experiments are published; name recipes with --recipe."
    ),
    (
      ["--dataset", "cifar10", "--output", "d", "--recipe", "wrn2810_mimo_standard_bar1"],
      "recipe \"wrn2810_mimo_standard_bar1\": mimo mixes several networks, wrn2810 is one"
    ),
  ])
  func `misuse exits with 64 and the usage`(arguments: [String], message: String) throws {
    let process = try MixmoProcess(["config", "create"] + arguments)
    #expect(process.status == 64)
    #expect(process.errors.contains(message), "\(process.errors)")
    #expect(process.errors.contains("Usage: mixmo config create"))
  }

  @Test func `help names the parts and shows an example`() throws {
    let help = try MixmoProcess("config", "create", "--help").output
    for text in ["cutmixmo-p5-a4", "daaugmix", "bar1, bar2, bar4", "mixmo config create --dataset"]
    {
      #expect(help.contains(text), "\(text)")
    }
  }
}
