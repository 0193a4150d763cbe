import ArgumentParser
import Foundation

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Downloads the published data sets; checks them.",
    example: HelpExample("CIFAR-100, 169 MB", "mixmo data download cifar100 --data data"),
    discussion: """
      Example: its corrupted twin as well, and a check of its files:

        mixmo data download cifar100 cifar100-c --data data
        mixmo data verify --dataset cifar100-c --data data
      """,
    subcommands: [DataDownloadCommand.self, DataVerifyCommand.self])
}

/// The folder that every data set's folder is in.
struct DataFolder: ParsableArguments {
  @Option(help: ArgumentHelp("The folder that holds the data sets' folders.", valueName: "dir"))
  var data: String

  var url: URL { URL(fileURLWithPath: data) }
}
