import Foundation

extension PageModel.Facts {
  /// What a run was, for those who must repeat it.
  init(_ run: Run) {
    let (information, origin) = (run.information, run.information.origin)
    let suite = origin.suite.map { $0 == "files" ? "read from files" : "generated, table \($0)" }
    let scoring = information.scoring.map {
      "\($0.calibrations.joined(separator: ", ")); fitted on \($0.fitting); "
        + ($0.draws > 0 ? "intervals of \($0.draws) bootstrap draws of images" : "no bootstrap")
    }
    let entries: [(String, String?)] = [
      ("run", origin.run), ("data set", "\(origin.dataset), \(origin.images) images"),
      ("images and labels, SHA-256", origin.data), ("checkpoint, SHA-256", origin.checkpoint),
      ("corruptions", suite), ("calibrations", scoring), ("seed", "\(origin.seed)"),
      ("version", "mixmo \(origin.version)"),
      ("threads", information.threads.map { "\($0)" }),
      ("duration", information.durationSeconds.map { String(format: "%.0f s", $0) }),
    ]
    let configuration = information.configuration ?? ""
    self.init(
      run: run.label,
      entries: entries.compactMap { name, value in
        value.map { PageModel.Entry(name: name, value: $0) }
      }, configuration: configuration.isEmpty ? nil : configuration)
  }
}
