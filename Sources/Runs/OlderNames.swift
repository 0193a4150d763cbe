import Scoring

/// The names that older versions wrote into tables, and today's in their place.
package enum OlderNames {
  /// The keys of a table with today's names; `columns` are the names of their fields.
  static func renamed(_ keys: [[String]], columns: [String]) -> [[String]] {
    var keys = keys
    for name in ["protocol", "aggregate"] {
      guard let index = columns.firstIndex(of: name) else { continue }
      for row in keys.indices { keys[row][index] = protocolName(keys[row][index]) }
    }
    if let index = columns.firstIndex(of: "metric") {
      for row in keys.indices { keys[row][index] = metric(keys[row][index]) }
    }
    // A run of several members has rows of `ensemble-probs` or of its members as well.
    if let index = columns.firstIndex(of: "predictor"),
      keys.allSatisfy({ $0[index] == Predictor.ensemble.name })
    {
      for row in keys.indices { keys[row][index] = Predictor.network.name }
    }
    return keys
  }

  /// Today's name of a protocol or an aggregate: those with a substitute were marked, as its cells are.
  package static func protocolName(_ name: String) -> String { Cell.publishedName(of: name) }

  /// Today's name of a metric: corruption errors were called `mce`, as the largest calibration error is.
  package static func metric(_ name: String) -> String {
    let (relative, kept) = ("relative_", "mean_corruption_error")
    let isExcess = name.hasPrefix(relative + "mce_")
    let rest = isExcess ? name.dropFirst(relative.count) : name[...]
    let prefix = isExcess ? relative : ""
    if rest == "mce_unnormalised" { return prefix + kept }
    let ratio = "mce_relative_to("
    return rest.hasPrefix(ratio)
      ? prefix + kept + "_relative_to(" + rest.dropFirst(ratio.count) : name
  }
}
