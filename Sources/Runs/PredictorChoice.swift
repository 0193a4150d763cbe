import Scoring

/// Which predictor of a run is meant by a name.
package enum PredictorChoice {
  /// The predictor that `name` means among those of a run, of which the first row is that of `main`.
  ///
  /// Runs of one network and ensembles stand side by side: `network` means the ensemble of a run of
  /// several members, and `ensemble` or `ensemble-probs` the network of a run that has one.
  ///
  /// - Returns: Its name; nil where none is meant.
  package static func name(_ name: String, main: String, among predictors: [String]) -> String? {
    if predictors.contains(name) { return name }
    let isSingle = predictors == [Predictor.network.name]
    let pooled = [Predictor.ensemble, .ensembleProbabilities].map(\.name)
    if name == Predictor.network.name || isSingle && pooled.contains(name) { return main }
    return nil
  }
}
