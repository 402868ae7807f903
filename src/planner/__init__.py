"""Plans percutaneous ablation and augmentation of spinal metastases on CT.

Research and teaching software, not a medical device.
"""

__version__ = "0.1.0"
