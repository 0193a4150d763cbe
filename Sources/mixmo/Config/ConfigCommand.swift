import ArgumentParser

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Writes the configurations of published experiments and their relatives.",
    discussion: """
      Example: the names of all recipes for CIFAR-100, then the files of one:

        mixmo config create --dataset cifar100 --list
        mixmo config create --dataset cifar100 --output my-config \\
          --recipe wrn2810-3_cutmixmo-p5_standard_bar2
      """,
    subcommands: [ConfigCreateCommand.self])
}
