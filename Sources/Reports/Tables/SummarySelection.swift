import Scoring

/// Which figures of `summary.csv` a table shows.
package struct SummarySelection: Sendable {
  /// What figures are taken over: a protocol and one of its aggregates.
  package struct Scope: Sendable, Equatable {
    package let protocolName: String
    package let aggregate: String

    package init(protocolName: String, aggregate: String) {
      self.protocolName = protocolName
      self.aggregate = aggregate
    }

    /// The name above the columns.
    var title: String {
      protocolName == aggregate ? protocolName : "\(protocolName), \(aggregate)"
    }
  }

  package var scopes: [Scope]
  package var metrics: [String]
  /// Nil for all.
  package var predictors: [String]?
  package var calibrations: [String]?

  package init(
    scopes: [Scope], metrics: [String], predictors: [String]? = nil, calibrations: [String]? = nil
  ) {
    self.scopes = scopes
    self.metrics = metrics
    self.predictors = predictors
    self.calibrations = calibrations
  }

  /// Accuracy, NLL and ECE on clean images and over the protocols whose cells all of `runs` have.
  package init(standardFor runs: [Run]) {
    let names = runs.first?.summary.values(of: "protocol") ?? []
    let scopes = names.filter { !$0.hasPrefix("mixmo") }.map {
      Scope(protocolName: $0, aggregate: $0 == Run.clean ? Run.clean : "macro")
    }
    let present = runs.map { run in Set(run.summary.keys.map { Array($0[..<2]) }) }
    self.init(
      scopes: scopes.filter { scope in
        present.allSatisfy { $0.contains([scope.protocolName, scope.aggregate]) }
      }, metrics: ["accuracy", "nll", "ece"])
  }
}
