import CSpawn
import Foundation

/// How a process of the system is started.
package struct ProgramStart: Sendable {
  /// The program's file.
  package let path: String
  /// The words of its command line, the program's name first.
  package let words: [String]
  /// All of its environment.
  package let environment: [String: String]
  /// Its working folder; nil for that of this process.
  package let folder: URL?
  /// Whether it leads a process group of its own, which signals of the terminal do not reach.
  package let leadsGroup: Bool

  package init(
    path: String, words: [String], environment: [String: String], folder: URL? = nil,
    leadsGroup: Bool = false
  ) {
    self.path = path
    self.words = words
    self.environment = environment
    self.folder = folder
    self.leadsGroup = leadsGroup
  }

  /// Starts the process, which gets no open file of this one but `streams`.
  ///
  /// - Parameter streams: Its standard input, output and error.
  /// - Returns: The process's number, which somebody has to wait for.
  /// - Throws: `ProgramStartError`.
  package func run(streams: [Int32]) throws(ProgramStartError) -> pid_t {
    // Where it is ignored, as some parents hand it on, nobody learns how a program ended.
    signal(SIGCHLD, SIG_DFL)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    setSignals(&attributes)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, file) in streams.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, file, Int32(target))
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, Int32(streams.count))
    if let folder { posix_spawn_file_actions_addchdir_np(&actions, folder.path) }
    let words = words.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in words + variables { free(text) } }
    var process = pid_t()
    let code = posix_spawn(&process, path, &actions, &attributes, words, variables)
    guard code == 0 else { throw ProgramStartError(code: code) }
    return process
  }

  /// What this process blocks, ignores or handles is the program's own affair.
  private func setSignals(_ attributes: inout posix_spawnattr_t) {
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    // These two have no other action than the default one.
    for number in [SIGKILL, SIGSTOP] { sigdelset(&signals, number) }
    // In the group of this process, a program that nohup protects stays protected.
    if !leadsGroup { sigdelset(&signals, SIGHUP) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    posix_spawnattr_setflags(
      &attributes, Int16(leadsGroup ? flags | POSIX_SPAWN_SETPGROUP : flags))
  }
}

/// The system's reason not to start a program.
package struct ProgramStartError: Error {
  /// The system's error number.
  package let code: Int32

  package init(code: Int32) { self.code = code }
}
