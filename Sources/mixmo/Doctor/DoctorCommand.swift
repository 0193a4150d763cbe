import ArgumentParser

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Prints what this machine has and what is missing, for a report of an error.",
    example: HelpExample("into a file, to attach it to the report", "mixmo doctor > doctor.txt"),
    discussion: """
      Prints versions, processor, kernels, memory, limits, libraries, programs, folders, variables and \
      terminal, then what is missing and what to do about it. The name of the user and the host are left out, and \
      the home folder is ~. Exits with 0 whatever is missing.
      """)

  @Flag(help: "Write the same as JSON.")
  var json = false

  func run() async throws {
    let terminal = Terminal(isQuiet: false, isJSON: json)
    let report = await MachineReport()
    if json {
      try terminal.show(json: report)
    } else {
      try terminal.show(report.text)
    }
  }
}
