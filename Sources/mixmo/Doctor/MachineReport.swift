import Formats
import Foundation

/// What a machine has, what of it this program uses, and what is missing.
struct MachineReport: Encodable {
  /// Something that is missing or stands in the way.
  struct Remark: Encodable {
    let problem: String
    /// What to do about it.
    let action: String
  }

  let mixmo: BuildFacts
  let system: SystemFacts
  let processor: ProcessorFacts
  let memory: MemoryFacts
  let libraries: [LibraryFacts]
  let programs: [ProgramFacts]
  let folders: FolderFacts
  let variables: [VariableFacts]
  let terminal: TerminalFacts
  let missing: [Remark]

  /// Looks at this machine.
  init() async {
    let privacy = Privacy()
    // Loading OpenBLAS sets one of the variables.
    variables = VariableFacts.all(privacy)
    let groups = ControlGroups.ofThisProcess
    mixmo = BuildFacts()
    system = SystemFacts()
    processor = ProcessorFacts(coreLimit: groups.coreLimit)
    memory = MemoryFacts(groupLimit: groups.memoryLimit)
    libraries = LibraryFacts.all(privacy)
    programs = await ProgramFacts.all(privacy)
    folders = FolderFacts(privacy)
    terminal = TerminalFacts()
    missing =
      processor.remarks + memory.remarks + libraries.compactMap(\.remark)
      + programs.compactMap(\.remark) + folders.remarks
  }

  /// The report as lines, each with what it is about in front.
  var text: String {
    let rows =
      mixmo.rows + system.rows + processor.rows + memory.rows + libraries.map(\.row)
      + programs.map(\.row) + folders.rows + variables.map(\.row) + terminal.rows
    let width = rows.map(\.name.count).max() ?? 0
    let lines = rows.map { "\($0.name.leftAligned(width))  \($0.content)" }
    let remarks =
      missing.isEmpty
      ? ["Nothing is missing."]
      : ["Missing, or in the way:"] + missing.map { "  \($0.problem); \($0.action)" }
    return (lines + [""] + remarks).map { $0.withoutTrailingSpaces + "\n" }.joined()
  }
}

/// A line of the report: what it is about, and what was found.
struct ReportRow {
  let name: String
  let content: String

  init(_ name: String, _ content: String) {
    self.name = name
    self.content = content
  }
}
