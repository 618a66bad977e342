"""A tracker outside stdtrack: run it with ``stdtrack run "process:python examples/external_tracker.py" ...``."""

import json
import sys

import cv2
import numpy as np

for line in sys.stdin:
    request = json.loads(line)
    pixels = np.fromfile(request["image"], np.uint8).reshape(request["height"], request["width"], 3)
    image = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    if request["do"] == "init":
        left, top, width, height = request["box"]
        box = round(left), round(top), round(left + width) - round(left), round(top + height) - round(top)
        tracker = cv2.TrackerKCF_create()
        tracker.init(image, box)
        print(json.dumps({"frame": request["frame"]}), flush=True)
    else:
        found, box = tracker.update(image)
        print(json.dumps({"frame": request["frame"], "box": list(box), "score": float(found)}), flush=True)
