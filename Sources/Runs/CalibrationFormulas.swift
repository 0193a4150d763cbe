import Scoring

/// How the fits in `calibrations.json` are applied, in words that NumPy's names are close to.
enum CalibrationFormulas {
  /// The formula of a calibration for a predictor.
  static func formula(of calibration: Calibration, for predictor: Predictor) -> String {
    let formulas = all[calibration.name] ?? [:]
    let name = if case .member = predictor { "member-m" } else { predictor.name }
    return formulas[name] ?? formulas["all"] ?? ""
  }

  /// What the letters mean in the file of one calibration.
  static func keptNotation(of calibration: Calibration) -> [String] {
    notation(of: [calibration.name]).filter { !$0.hasPrefix("folds:") && !$0.hasPrefix("cell:") }
  }

  /// What the letters of the formulas of these calibrations mean.
  static func notation(of calibrations: [String]) -> [String] {
    let named = calibrations.compactMap { all[$0] }.flatMap(\.values)
    return notation
      + others.filter { line in
        named.contains { formula in line.signs.contains { formula.contains($0) } }
      }.map(\.text)
  }

  /// What some formulas have, and what the letters in it mean.
  private static let others = [
    (signs: ["W"], text: "W: matrix, a row for each class"),
    (signs: ["w["], text: "w: weights"),
    (
      signs: ["(u)", "* u ", "u_k"],
      text: "u: the uncalibrated probabilities; u_k: that of class k"
    ),
    (signs: ["u_T"], text: "u_T: p of the formula of temperature with this T"),
  ]

  /// What the letters of most formulas mean.
  private static let notation = [
    "z_m: the logits of member m, rows of K classes, from predictions/<cell>.npy as float64; where "
      + "<cell>.float64.npy is there, from that; where <cell>.probabilities.npy is there, the logarithms of its "
      + "numbers, and a probability of 0 stays 0",
    "mean_m: the mean over the members; softmax(x) = exp(x) / sum(exp(x)) over the classes",
    "p: the calibrated probabilities; c: the largest uncalibrated probability of a row, c': the calibrated one, "
      + "the predicted class stays",
    "uncalibrated: ensemble p = softmax(mean_m(z_m)), ensemble-probs p = mean_m(softmax(z_m)), member-m p = "
      + "softmax(z_m), and so for a network, whose only member is 0",
    "T: temperature; T_m: temperatures[m]; s: scales; b: biases; members-mean is the mean of the members' values",
    "folds: each fit with a fold calibrates the rows of that fold, and was fitted on the other half of the same "
      + "seed; order = list(range(N)); numpy.random.seed(seed); numpy.random.shuffle(order); half 0 is "
      + "order[:N // 2], half 1 is order[N // 2:]; rows are listed where a user chose them",
    "cell: a fit with a cell was fitted on that cell and calibrates it alone; any other calibrates every cell",
  ]

  /// The formula of each predictor, by calibration.
  static let all: [String: [String: String]] = [
    Calibration.temperature.name: temperature,
    Calibration.oracle.name: temperature,
    Calibration.memberTemperatures.name: [
      "ensemble": "p = softmax(mean_m(z_m / T_m))",
      "ensemble-probs": "p = mean_m(softmax(z_m / T_m))",
    ],
    Calibration.temperatureAfterAveraging.name: [
      "ensemble-probs": "p = softmax(log(mean_m(softmax(z_m))) / T)"
    ],
    Calibration.vector.name: [
      "ensemble": "p = softmax(s * mean_m(z_m) + b)",
      "ensemble-probs": "p = mean_m(softmax(s * z_m + b))",
      "member-m": "p = softmax(s * z_m + b)",
      "network": "p = softmax(s * z_0 + b)",
    ],
    Calibration.matrix.name: [
      "ensemble": "p = softmax(W @ mean_m(z_m) + b)",
      "ensemble-probs": "p = mean_m(softmax(W @ z_m + b))",
      "member-m": "p = softmax(W @ z_m + b)",
      "network": "p = softmax(W @ z_0 + b)",
    ],
    Calibration.dirichlet.name: ["all": "p = softmax(W @ log(u) + b)"],
    Calibration.ensembleTemperature.name: [
      "all": "p = w[0] * u_T + w[1] * u + w[2] / K"
    ],
    Calibration.classwiseIsotonic.name: [
      "all":
        "q_k = numpy.interp(u_k, class_probabilities[k], class_values[k]); p = q / sum(q), or 1 / K "
        + "where all q are 0"
    ],
    Calibration.classwiseHistogram.name: [
      "all": "q_k = class_values[k][i] with lower[i] < u_k <= upper[i], 0 in the first; q_k = u_k "
        + "where that is null; p = q / sum(q), or 1 / K where all q are 0"
    ],
    Calibration.platt.name: [
      "all": "c' = 1 / (1 + exp(-(slope * log(x / (1 - x)) + intercept))), "
        + "x = clip(c, 1e-12, 1 - 1e-12)"
    ],
    Calibration.beta.name: [
      "all": "c' = 1 / (1 + exp(-(a * log(x) - b * log(1 - x) + d))), "
        + "x = clip(c, 1e-12, 1 - 1e-12)"
    ],
    Calibration.bayesianBinning.name: [
      "all": "c' = values[numpy.searchsorted(edges, c)]; c' = c where there are none"
    ],
    Calibration.isotonic.name: [
      "all": "c' = numpy.interp(c, confidences, accuracies)"
    ],
    Calibration.histogram.name: [
      "all": "c' = accuracies[i] with lower[i] < c <= upper[i]; c' = c where accuracies[i] is null"
    ],
  ]

  private static let temperature = [
    "ensemble": "p = softmax(mean_m(z_m) / T)",
    "ensemble-probs": "p = mean_m(softmax(z_m / T))",
    "member-m": "p = softmax(z_m / T)",
    "network": "p = softmax(z_0 / T)",
  ]
}
