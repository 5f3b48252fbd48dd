"""A ComfyUI workflow with every input that a clip without an image can fill, and how they are bound."""

WORKFLOW = """{
  "3": {"class_type": "KSampler", "inputs": {"seed": 1, "positive": ["6", 0]}},
  "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}},
  "40": {"class_type": "EmptyLatentVideo", "inputs": {"width": 832, "height": 480, "length": 81}}
}
"""
# The end of `[defaults]`, and the table after it.
BOUND = """\
workflow = "wan.api.json"
[defaults.bind]
prompt = "6.text"
seed = "3.seed"
width = "40.width"
height = "40.height"
frames = "40.length"
fps = 16
"""
