import Foundation

/// The limits that control groups, of version 1 or 2, set on a process: the lowest of its group's and of
/// those of the groups above it that can be seen.
package struct ControlGroups {
  /// A folder with the files of a group, and the controller that it is of; nil in version 2.
  private let folders: [(controller: String?, path: String)]

  /// Larger limits of memory, in bytes, are none: version 1 has a number for that.
  private static let noLimit = 1 << 60

  static var ofThisProcess: ControlGroups {
    ControlGroups(
      groups: SystemText.read("/proc/self/cgroup"), mounts: SystemText.read("/proc/self/mounts"))
  }

  /// - Parameters:
  ///   - groups: The text of `/proc/self/cgroup`.
  ///   - mounts: The text of `/proc/self/mounts`.
  package init(groups: String, mounts: String) {
    // A line is number:controllers:path, without controllers in version 2.
    let paths = groups.split(separator: "\n").map {
      $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    }.filter { $0.count == 3 }
    var folders: [(controller: String?, path: String)] = []
    for mount in mounts.split(separator: "\n").map({ $0.split(separator: " ").map(String.init) })
    where mount.count > 3 {
      let options = mount[3].split(separator: ",").map(String.init)
      for path in paths {
        let controllers = path[1].split(separator: ",").map(String.init)
        switch mount[2] {
        case "cgroup2" where controllers.isEmpty:
          folders += Self.chain(mount[1], path[2]).map { (nil, $0) }
        case "cgroup":
          for controller in controllers where options.contains(controller) {
            folders += Self.chain(mount[1], path[2]).map { (controller, $0) }
          }
        default: break
        }
      }
    }
    self.folders = folders
  }

  /// The folder of a group, and of each one above it up to where they are mounted.
  private static func chain(_ mount: String, _ group: String) -> [String] {
    let names = group.split(separator: "/").filter { $0 != ".." }
    return (0...names.count).reversed().map { count in
      ([mount] + names.prefix(count).map(String.init)).joined(separator: "/")
    }
  }

  /// Bytes of memory; nil where there is no limit.
  package var memoryLimit: Int? {
    let limits = folders.compactMap { folder -> Int? in
      switch folder.controller {
      case nil: number("memory.max", in: folder.path)
      case "memory": number("memory.limit_in_bytes", in: folder.path)
      default: nil
      }
    }
    return limits.filter { $0 < Self.noLimit }.min()
  }

  /// Cores, of whose time the process may take so much; nil where there is no limit.
  package var coreLimit: Double? {
    let limits = folders.compactMap { folder -> Double? in
      switch folder.controller {
      case nil:
        let numbers = words("cpu.max", in: folder.path).map(Double.init)
        guard numbers.count == 2 else { return nil }
        return Self.share(numbers[0], of: numbers[1])
      case "cpu":
        return Self.share(
          number("cpu.cfs_quota_us", in: folder.path).map(Double.init),
          of: number("cpu.cfs_period_us", in: folder.path).map(Double.init))
      default: return nil
      }
    }
    return limits.min()
  }

  /// How many cores a quota of time is in each period; nil where there is no quota.
  private static func share(_ quota: Double?, of period: Double?) -> Double? {
    guard let quota, let period, quota > 0, period > 0 else { return nil }
    return quota / period
  }

  private func number(_ file: String, in folder: String) -> Int? {
    words(file, in: folder).first.flatMap { Int($0) }
  }

  private func words(_ file: String, in folder: String) -> [String] {
    SystemText.read("\(folder)/\(file)").split(whereSeparator: \.isWhitespace).map(String.init)
  }
}
