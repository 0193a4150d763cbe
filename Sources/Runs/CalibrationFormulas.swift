import Scoring

/// How the fits in `calibrations.json` are applied, in words that NumPy's names are close to.
enum CalibrationFormulas {
  /// What the letters of the formulas mean.
  static let notation = [
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
