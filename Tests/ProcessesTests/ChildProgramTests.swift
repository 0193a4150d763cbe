import Formats
import Foundation
import Processes
import Synchronization
import TestSupport
import Testing

struct ChildProgramTests {
  static func shell() throws -> ChildProgram { try ChildProgram("sh", debianPackage: "dash") }

  /// What `script` writes to standard output, and how it ends.
  static func run(
    _ script: String, in folder: URL? = nil, environment: [String: String?] = [:],
    input: ChildProgram.Input = .none
  ) async throws -> (output: String, result: ChildProgram.Result) {
    var output: [UInt8] = []
    let result = try await shell().run(
      ["-c", script], in: folder, environment: environment, input: input
    ) { output += $0 }
    return (String(decoding: output, as: UTF8.self), result)
  }

  @Test func `both outputs and the exit code arrive`() async throws {
    let (output, result) = try await Self.run("echo out; echo err >&2; exit 7")
    #expect(output == "out\n" && result.messages == "err\n" && result.status == 7)
  }

  @Test func `more than the pipes hold arrives whole, of messages the end`() async throws {
    let (output, result) = try await Self.run(
      "seq 100000 >&2 & seq 100000; wait; echo end >&2")
    #expect(output == (1...100_000).map { "\($0)\n" }.joined())
    #expect(result.messages.utf8.count == 4096 && result.messages.hasSuffix("\n100000\nend\n"))
  }

  @Test func `a signal is no exit code`() async throws {
    #expect(try await Self.run("kill -9 $$").result.status == -1)
  }

  @Test func `an exit code arrives where this process was started with SIGCHLD ignored`()
    async throws
  {
    signal(SIGCHLD, SIG_IGN)
    #expect(try await Self.run("exit 7").result.status == 7)
    // What this process ignores, the program does not.
    #expect(try await Self.run("(exit 3); echo $?").output == "3\n")
  }

  @Test func `input comes from bytes, from an open file or not at all`() async throws {
    let bytes = (0..<50_000).map { "\($0)\n" }.joined()
    #expect(try await Self.run("cat", input: .bytes(Array(bytes.utf8))).output == bytes)
    #expect(try await Self.run("cat").output == "")
    let folder = try TemporaryFolder()
    let file = open(try folder.file("input", holding: Array("abcdef".utf8)).path, O_RDONLY)
    defer { close(file) }
    lseek(file, 2, SEEK_SET)
    #expect(try await Self.run("cat", input: .file(file)).output == "cdef")
    #expect(lseek(file, 0, SEEK_CUR) == 6)
  }

  @Test func `a program that reads none of its input ends all the same`() async throws {
    let result = try await Self.run(
      "exit 3", input: .bytes([UInt8](repeating: 0, count: 1 << 20))
    ).result
    #expect(result.status == 3)
  }

  @Test func `the working folder and the environment are those asked for`() async throws {
    let folder = try TemporaryFolder()
    let script = "pwd -P; echo $MIXMO_TEST; echo ${HOME-none}"
    let output = try await Self.run(
      script, in: folder.url, environment: ["MIXMO_TEST": "a b", "HOME": nil]
    ).output
    #expect(output == "\(folder.url.resolvingSymlinksInPath().path)\na b\nnone\n")
    let missing = folder.file("none")
    await #expect(throws: FileError.unreadable(missing, ENOENT)) {
      try await Self.run("true", in: missing)
    }
  }

  private struct Stop: Error {}

  /// Whether a process of this number runs or is a zombie.
  private func exists(_ process: String) -> Bool {
    kill(pid_t(process.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0, 0) == 0
  }

  @Test func `an error of the output closure kills the program`() async throws {
    var process = ""
    await #expect(throws: Stop.self) {
      try await Self.shell().run(["-c", "trap '' TERM; echo $$; sleep 60"]) {
        process = String(decoding: $0, as: UTF8.self)
        throw Stop()
      }
    }
    #expect(!process.isEmpty && !exists(process))
  }

  @Test func `an error of the tick kills a program that writes nothing more`() async throws {
    let process = Mutex("")
    await #expect(throws: Stop.self) {
      try await Self.shell().run(
        ["-c", "trap '' TERM; echo $$; exec sleep 60"],
        output: { bytes in process.withLock { $0 = String(decoding: bytes, as: UTF8.self) } },
        tick: { if process.withLock({ !$0.isEmpty }) { throw Stop() } })
    }
    #expect(!exists(process.withLock(\.self)))
  }

  @Test func `ticks come while the program writes nothing`() async throws {
    let count = Atomic(0)
    try await Self.shell().run(
      ["-c", "sleep 1"], tick: { count.add(1, ordering: .relaxed) })
    // Ten in a second; fewer on a machine that is busy.
    #expect(count.load(ordering: .relaxed) >= 3)
  }

  @Test func `a canceled task kills the program`() async throws {
    let start = ContinuousClock.now
    let task = Task { try await Self.run("sleep 60").result }
    try await Task.sleep(for: .milliseconds(200))
    task.cancel()
    _ = try? await task.value
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  @Test func `a program that is missing is named with its package`() throws {
    #expect {
      try ChildProgram("no-such-program", debianPackage: "nothing")
    } throws: {
      "\($0)" == "no-such-program: no such program in PATH; Debian's package nothing has it"
    }
    #expect(throws: ChildProgramError(program: "/none/sh", debianPackage: "dash")) {
      try ChildProgram("/none/sh", debianPackage: "dash")
    }
  }

  @Test func `a file that is no program is named`() async throws {
    let folder = try TemporaryFolder()
    let url = try folder.file("text", holding: [0, 1, 2, 3])
    chmod(url.path, 0o755)
    let program = try ChildProgram(url.path, debianPackage: "none")
    await #expect(throws: FileError.unreadable(url, ENOEXEC)) { try await program.run([]) }
  }
}
