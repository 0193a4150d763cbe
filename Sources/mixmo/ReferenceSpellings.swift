/// The reference's spellings of options, which are taken but not shown.
enum ReferenceSpellings {
  private static let names = [
    "--config_path": "--config", "--config_dir": "--output", "--template_path": "--template",
    "--dataplace": "--data", "-dp": "--data", "--saveplace": "--save", "-sp": "--save",
    "--from_scratch": "--from-scratch", "--robustness": "--corruptions",
    "--tempscale": "--temperature-scaling", "--tempscal": "--temperature-scaling",
  ]

  /// The arguments with our names of options; what follows `--` stays.
  static func replaced(in arguments: [String]) -> [String] {
    let options = arguments.prefix { $0 != "--" }
    return options.map(spelled) + arguments.dropFirst(options.count)
  }

  private static func spelled(_ argument: String) -> String {
    let name = argument.prefix { $0 != "=" }
    guard let ours = names[String(name)] else { return argument }
    return ours + argument.dropFirst(name.count)
  }
}
