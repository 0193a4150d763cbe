import Foundation
import TestSupport
import Testing
import mixmo

/// What `mixmo doctor` says, beside what the system's own programs say.
struct DoctorCommandTests {
  /// The output of `--json`, as far as tests ask for it.
  private struct Report: Decodable {
    struct Part: Decodable {
      var version: String?
      var isStatic: Bool?
      var kernel: String?
      var architecture: String?
    }
    struct Processor: Decodable {
      let model: String?
      let coresOnline: Int
      let coresAllowed: Int
      let threads: Int
      let instructions: [String]
      let kernels: String
      let kernelsAvailable: [String]
    }
    struct Memory: Decodable {
      let total: Int
      let available: Int
      let addressSpace: Int?
      let openFiles: Int?
    }
    struct Named: Decodable {
      let name: String
      var version: String?
      var path: String?
      var file: String?
      var core: String?
      var value: String?
    }
    struct Disk: Decodable {
      let path: String
      let free: Int?
      let isWritable: Bool
    }
    struct Folders: Decodable {
      let corruptions: String?
      let configurations: String?
      let current: Disk
      let temporary: Disk
    }
    struct Screen: Decodable {
      let isOutputTerminal: Bool
      let colors: Int
      var type: String?
    }
    struct Remark: Decodable {
      let problem: String
      let action: String
    }

    let mixmo: Part
    let system: Part
    let processor: Processor
    let memory: Memory
    let libraries: [Named]
    let programs: [Named]
    let folders: Folders
    let variables: [Named]
    let terminal: Screen
    let missing: [Remark]

    func program(_ name: String) -> Named? { programs.first { $0.name == name } }
  }

  private func report(
    environment: [String: String] = [:], folder: URL? = nil, limit: String? = nil
  ) throws -> Report {
    let process = try MixmoProcess(
      ["doctor", "--json"], environment: environment, folder: folder, limit: limit)
    try #require(process.status == 0, "\(process.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Report.self, from: Data(process.output.utf8))
  }

  /// What a command of the shell prints.
  private func shell(_ command: String) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", command]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(
      decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test func `cores, memory and kernel are those that the system's programs name`() throws {
    let report = try report()
    #expect(report.processor.coresOnline == Int(try shell("getconf _NPROCESSORS_ONLN")))
    let allowed = Int(try shell("env -u OMP_NUM_THREADS nproc"))
    #expect(report.processor.coresAllowed == allowed && report.processor.threads == allowed)
    #expect(
      report.memory.total / 1024 == Int(try shell("awk '/^MemTotal/ {print $2}' /proc/meminfo")))
    #expect(report.memory.available > 0 && report.memory.available < report.memory.total)
    #expect(report.system.kernel == (try shell("uname -sr")))
    #expect(report.system.architecture == (try shell("uname -m")))
    #expect(report.mixmo.version == (try MixmoProcess("--version").output).trimmed)
    let linked = try shell("ldd \(MixmoProcess.executable.path) | grep -c libswiftCore || true")
    #expect(report.mixmo.isStatic == (linked == "0"))
    let model = try shell("grep -m 1 '^model name' /proc/cpuinfo | cut -d: -f2")
    #expect(report.processor.model == (model.isEmpty ? nil : model))
    let flags = try shell("grep -m 1 -E '^(flags|Features)' /proc/cpuinfo").split(separator: " ")
    for name in ["avx2", "avx512f", "amx_tile", "fma"] {
      let isThere = flags.contains { $0 == name }
      #expect(report.processor.instructions.contains(name) == isThere, "\(name)")
    }
    #expect(report.processor.kernelsAvailable.contains(report.processor.kernels))
    #expect(report.processor.kernelsAvailable.contains("avx2") == flags.contains("avx2"))
  }

  @Test func `limits of this process are seen`() throws {
    let limited = try report(limit: "ulimit -n 50; ulimit -v 4000000")
    #expect(limited.memory.openFiles == 50 && limited.memory.addressSpace == 4_096_000_000)
    #expect(limited.missing.contains { $0.problem.hasPrefix("50 open files") })
    #expect(limited.missing.contains { $0.action.contains("ulimit -n") })
    let pinned = try shell("taskset -c 0 \(MixmoProcess.executable.path) doctor")
    #expect(pinned.contains(" 1 allowed") && pinned.contains("\nthreads "), "\(pinned)")
    #expect(
      pinned.split(separator: "\n").contains { $0.hasSuffix(" 1 unless --threads says otherwise") })
  }

  @Test func `libraries and programs have the versions that others read`() throws {
    let report = try report()
    for (name, package) in [("libpng", "libpng"), ("libzip", "libzip"), ("libcrypto", "libcrypto")]
    {
      let version = try #require(report.libraries.first { $0.name == name }?.version)
      #expect(version.contains(try shell("pkg-config --modversion \(package)")), "\(name)")
    }
    let jpeg = try #require(report.libraries.first { $0.name == "libjpeg" }?.version)
    #expect(try shell("pkg-config --modversion libjpeg").hasPrefix(jpeg))
    let openBLAS = try #require(report.libraries.first { $0.name == "OpenBLAS" })
    #expect(openBLAS.version?.hasPrefix("OpenBLAS 0.") ?? false)
    let file = try #require(openBLAS.file)
    #expect(FileManager.default.fileExists(atPath: file), "\(file)")
    for name in ["gnuplot", "curl", "tar", "python3"] {
      let program = try #require(report.program(name))
      // Where the user's home is, is private.
      let path = program.path.map { NSString(string: $0).expandingTildeInPath }
      #expect(path == (try shell("command -v \(name)")), "\(name)")
      #expect(program.version == (try shell("\(name) --version | head -n 1")), "\(name)")
    }
    let core = try self.report(environment: ["OPENBLAS_CORETYPE": "Haswell"]).libraries
    #expect(core.first?.core == "Haswell")
  }

  @Test func `what is missing is named with what to do`() throws {
    let folder = try TemporaryFolder()
    let report = try report(
      environment: [
        "PATH": folder.url.path, "MIXMO_KERNELS": "avx3", "TMPDIR": folder.file("none").path,
      ])
    #expect(report.program("gnuplot")?.path == nil)
    func action(_ problem: String) -> String? {
      report.missing.first { $0.problem.contains(problem) }?.action
    }
    #expect(action("gnuplot is not in PATH") == "install Debian's package gnuplot-nox")
    #expect(action("curl is not in PATH") == "install Debian's package curl")
    #expect(action("the kernels \"avx3\"")?.hasPrefix("unset it, or set it to one of ") ?? false)
    #expect(report.variables.contains { $0.name == "MIXMO_KERNELS" && $0.value == "avx3" })
    let text = try MixmoProcess(["doctor"], environment: ["PATH": folder.url.path])
    #expect(text.status == 0)
    #expect(text.output.contains("\nMissing, or in the way:\n"), "\(text.output)")
  }

  @Test func `a program that fails or hangs does not work`() throws {
    let folder = try TemporaryFolder()
    for (name, body) in [("curl", "exit 3"), ("tar", "echo tar 0.1; echo more")] {
      let file = folder.file(name)
      try Data("#!/bin/sh\n\(body)\n".utf8).write(to: file)
      chmod(file.path, 0o755)
    }
    let report = try report(environment: ["PATH": folder.url.path])
    #expect(report.program("curl")?.path != nil && report.program("curl")?.version == nil)
    #expect(report.program("tar")?.version == "tar 0.1")
    #expect(report.missing.contains { $0.problem.contains("curl does not work") })
  }

  @Test func `tables are where MIXMO_HOME says, and paths do not say who the user is`() throws {
    let home = try TemporaryFolder()
    for name in ["tables/corruptions", "tables/config"] {
      try FileManager.default.createDirectory(
        at: home.file(name), withIntermediateDirectories: true)
    }
    let environment = ["HOME": home.url.path, "MIXMO_HOME": home.file("tables").path]
    let report = try report(environment: environment, folder: home.url)
    #expect(report.folders.corruptions == "~/tables/corruptions")
    #expect(report.folders.configurations == "~/tables/config")
    #expect(report.folders.current.path == "~")
    #expect(report.variables.contains { $0.name == "MIXMO_HOME" && $0.value == "~/tables" })
    let text = try MixmoProcess(["doctor"], environment: environment, folder: home.url).output
    #expect(!text.contains(home.url.lastPathComponent))
  }

  @Test func `the room in the temporary folder is what df says`() throws {
    let folder = try TemporaryFolder()
    let disk = try report(environment: ["TMPDIR": folder.url.path]).folders.temporary
    let free = try #require(
      Int(try shell("df --output=avail -B1 '\(folder.url.path)' | tail -n 1").trimmed))
    // Other tests write meanwhile: a gigabyte more or less.
    #expect(abs(try #require(disk.free) - free) < 1_000_000_000)
    #expect(disk.isWritable)
  }
}

/// Limits of control groups, from files like those of the system.
struct ControlGroupTests {
  private func write(_ files: [String: String], below folder: borrowing TemporaryFolder) throws {
    for (name, text) in files {
      let file = folder.file(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
  }

  @Test func `of version 2, the lowest limit on the way up counts`() throws {
    let folder = try TemporaryFolder()
    try write(
      [
        "job/step/memory.max": "max\n", "job/memory.max": "3000000000\n",
        "memory.max": "8000000000\n", "job/step/cpu.max": "150000 100000\n",
        "job/cpu.max": "max 100000\n",
      ], below: folder)
    let groups = ControlGroups(
      groups: "0::/job/step\n", mounts: "cgroup2 \(folder.url.path) cgroup2 rw,nosuid 0 0\n")
    #expect(groups.memoryLimit == 3_000_000_000)
    #expect(groups.coreLimit == 1.5)
  }

  @Test func `of version 1, each controller has a hierarchy of its own`() throws {
    let folder = try TemporaryFolder()
    try write(
      [
        "memory/box/memory.limit_in_bytes": "2147483648\n",
        "memory/memory.limit_in_bytes": "9223372036854771712\n",
        "cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n",
      ], below: folder)
    let path = folder.url.path
    let mounts = """
      cgroup \(path)/memory cgroup rw,memory 0 0
      cgroup \(path)/cpu cgroup rw,cpu,cpuacct 0 0
      cgroup2 \(path)/unified cgroup2 rw 0 0
      """
    let groups = ControlGroups(
      groups: "4:memory:/box\n3:cpu,cpuacct:/not/mounted\n0::/\n", mounts: mounts)
    #expect(groups.memoryLimit == 2_147_483_648)
    #expect(groups.coreLimit == 4)
  }

  @Test(arguments: [
    ("", ""), ("0::/\n", ""), ("x", "y z"), ("::\n", "a b cgroup2 rw\n"),
    ("0::/../..\n", "a /none cgroup2 rw\n"),
  ])
  func `nothing that can be read is no limit`(groups: String, mounts: String) {
    let found = ControlGroups(groups: groups, mounts: mounts)
    #expect(found.memoryLimit == nil && found.coreLimit == nil)
  }

  @Test func `quotas and limits that say none are none`() throws {
    let folder = try TemporaryFolder()
    try write(
      [
        "memory.limit_in_bytes": "9223372036854771712", "cpu.cfs_quota_us": "-1",
        "cpu.cfs_period_us": "100000",
      ], below: folder)
    let groups = ControlGroups(
      groups: "1:memory,cpu:/\n", mounts: "cgroup \(folder.url.path) cgroup rw,memory,cpu 0 0")
    #expect(groups.memoryLimit == nil && groups.coreLimit == nil)
  }
}

/// Paths in a report that others read.
struct PrivacyTests {
  @Test(arguments: [
    ("/home/ada/runs/x", "~/runs/x"), ("/home/ada", "~"), ("/home/adams/x", "/home/adams/x"),
    ("/scratch/ada/tmp", "/scratch/USER/tmp"), ("/data/adam", "/data/adam"),
    ("/a:/home/ada/b:/scratch/ada", "/a:~/b:/scratch/USER"), ("", ""),
  ])
  func `home is ~, and the user's name is left out`(path: String, shown: String) {
    #expect(Privacy(home: "/home/ada/", user: "ada").shown(path) == shown)
  }

  @Test func `without a home or a name a path stays`() {
    #expect(Privacy(home: "", user: "").shown("/a/root/b") == "/a/root/b")
    #expect(Privacy(home: "/", user: "root").shown("/a/root/b") == "/a/root/b")
  }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
