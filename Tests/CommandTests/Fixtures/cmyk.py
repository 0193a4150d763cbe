"""Writes cmyk.jpg: a picture of 130×97 pixels in CMYK, as Adobe's programs store it.
Python 3.11, numpy 2.4.6, Pillow 13.0.0."""

from pathlib import Path

import numpy as np
from PIL import Image

rows, columns, inks = np.indices((97, 130, 4))
values = (3 * rows // 2 + columns * (inks + 1) + 40 * inks) % 256
picture = Image.fromarray(values.astype(np.uint8), "CMYK")
picture.save(Path(__file__).with_name("cmyk.jpg"), quality=80)
