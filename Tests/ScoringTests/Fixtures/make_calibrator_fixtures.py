"""Writes calibrators.json beside this file: the fits of matrix, dirichlet, ets, beta, platt and bbq.

Made with Python 3.11.7, NumPy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1, torch 2.15.0, torch-uncertainty 0.13.0,
netcal 1.4.0, betacal 1.1.0.

Fits are those of calibrator_fits.py. Where definitions meet, they are compared with torch-uncertainty, netcal and
betacal here; dirichletcal 0.3 has the objective of torch-uncertainty, off-diagonal and intercept
regularization with a reference row, and needs versions of JAX that are gone.
"""

import logging

import calibrator_fits as fits
import numpy as np
import torch
from betacal import BetaCalibration
from make_calibration_fixtures import fit as fit_temperature, pooled
from make_fixtures import Problem, draw, write
from netcal.scaling import LogisticCalibration
from scipy.special import softmax
from torch.utils.data import DataLoader, TensorDataset
from torch_uncertainty.post_processing import (DirichletScaler, HistogramBinningScaler,
                                               IsotonicRegressionScaler)

logging.disable(logging.WARNING)

PROBLEMS = [
    (Problem(801, 811, 400, 1, 2, exponent=-16), "ensemble"),
    (Problem(802, 812, 500, 2, 5, exponent=-16), "ensemble"),
    (Problem(803, 813, 500, 2, 5, exponent=-16), "ensemble-probs"),
    (Problem(804, 814, 500, 2, 5, exponent=-16), "member-1"),
    (Problem(805, 815, 900, 4, 10, exponent=-16, skill=6), "ensemble-probs"),
    (Problem(806, 816, 3000, 1, 10, exponent=-16, bonus=16), "ensemble"),
    (Problem(807, 817, 1500, 1, 30, exponent=-16, bonus=40), "ensemble"),
    (Problem(808, 818, 300, 1, 4, quantum=18, skill=8), "ensemble"),
    (Problem(809, 819, 60, 1, 20, exponent=-16, bonus=40), "ensemble"),
    (Problem(810, 820, 200, 1, 4, labels="wrong", skill=0), "ensemble"),
    (Problem(821, 831, 5000, 1, 4, exponent=-15, skill=10), "ensemble"),
]
ASKED = np.concatenate([[0.2 + 1e-9], np.linspace(0.21, 1, 40), [1 - 1e-14]])


def loader(z, y):
    return DataLoader(TensorDataset(torch.tensor(z), torch.tensor(y)), batch_size=len(y))


def compare_dirichlet(logs, y, ours):
    """torch-uncertainty minimizes the same loss, from W = 1."""
    torch.set_default_dtype(torch.float64)
    scaler = DirichletScaler(logs.shape[2], lambda_reg=0.01, mu_reg=0.01, lr=1, max_iter=3000)
    scaler.fit(loader(logs[:, 0], y), progress=False)
    x = torch.cat([scaler.inv_temperature_weight, scaler.inv_temperature_bias.reshape(-1, 1)], 1)
    theirs = fits.matrix_loss(x.detach().numpy().ravel(), logs, y)[0]
    torch.set_default_dtype(torch.float32)
    return (theirs - ours) / ours


def compare_classwise(z, y):
    """The largest difference of probabilities, and how many rows and bins are alike."""
    p = softmax(z, axis=1)
    torch.set_default_dtype(torch.float64)
    results = {}
    for method, scaler in (("isotonic-classwise", IsotonicRegressionScaler()),
                           ("histogram-classwise", HistogramBinningScaler(num_bins=15))):
        ours = np.exp(fits.apply_classwise(method, fits.fit_classwise(method, p, y), p))
        try:
            scaler.fit(loader(z, y), progress=False)
            theirs = scaler(torch.tensor(z)).exp().numpy()
            results[method] = float(abs(ours - theirs).max())
        except Exception as error:  # noqa: BLE001: what it says is the result
            results[method] = f"{type(error).__name__}: {error}"
    torch.set_default_dtype(torch.float32)
    return results


def main():
    results = []
    for p, name in PROBLEMS:
        z, y = draw(p)
        logits = pooled(z, name)
        logs = fits.average(logits)
        t = fit_temperature(logits, y)
        c, right = np.exp(logs).max(axis=1), logs.argmax(axis=1) == y
        matrix = fits.matrix_loss(fits.fit_matrix(logits, y, t), logits, y)
        dirichlet = fits.matrix_loss(fits.fit_matrix(logs[:, None], y, fit_temperature(logs[:, None], y)),
                                     logs[:, None], y)
        weights, ets = fits.fit_ets(logits, y, t)
        row = {"problem": p._asdict(), "predictor": name, "matrix": matrix[0], "dirichlet": dirichlet[0],
               "ets": ets, "weights": weights.tolist(), "temperature": t, "asked": ASKED.tolist(),
               "bbq": fits.apply_bbq(fits.fit_bbq(c, right), ASKED).tolist()}
        print(p.seed, name, "gradients", *(f"{np.linalg.norm(g):.1e}" for _, g in (matrix, dirichlet)),
              "torch-uncertainty", f"{compare_dirichlet(logs[:, None], y, dirichlet[0]):.1e}",
              compare_classwise(logits[:, 0], y) if logits.shape[1] == 1 else "")
        if 0 < right.sum() < len(y):
            platt, beta = fits.fit_platt(c, right), fits.fit_beta(c, right)
            row |= {"platt": list(platt), "beta": list(beta),
                    "platt_values": fits.apply_platt(platt, ASKED).tolist(),
                    "beta_values": fits.apply_beta(beta, ASKED).tolist()}
            peer = BetaCalibration(parameters="abm").fit(c[:, None], right)
            theirs = LogisticCalibration().fit(c, right.astype(int)).transform(ASKED)
            print("  beta", beta, "betacal", peer.calibrator_.map_[:2],
                  f"{abs(peer.predict(ASKED) - row['beta_values']).max():.1e}",
                  f"platt, netcal {abs(theirs - row['platt_values']).max():.1e}")
        results.append(row)
    write("calibrators.json", results)


if __name__ == "__main__":
    main()
