"""The names of the dialects, apart from their code, for a fast start."""

from __future__ import annotations

from typing import Final

# Module and class of each, below `sorasync.preview.dialects`.
CLASSES: Final = {
    "openai": "base:Dialect",
    "vllm-omni": "vllm_omni:VllmOmni",
    "sglang": "sglang:SGLang",
    "fastvideo": "fastvideo:FastVideo",
    "rapid-mlx": "rapid_mlx:RapidMlx",
    "dynamo": "dynamo:Dynamo",
    "litellm": "litellm:LiteLLM",
    "new-api": "new_api:NewApi",
    "openrouter": "openrouter:OpenRouter",
    "xai": "xai:Xai",
    "fal": "fal:Fal",
    "replicate": "replicate:Replicate",
    "comfyui": "comfyui:ComfyUI",
    "runway": "runway:Runway",
    "vertex": "vertex:Vertex",
    "ark": "ark:Ark",
    "kling": "kling:Kling",
    "minimax": "minimax:MiniMax",
    "dashscope": "dashscope:DashScope",
    "comfy-api": "comfy_api:ComfyApi",
    "comfy-router": "comfy_router:ComfyRouter",
    "luma": "luma:Luma",
}

# Where the API of a family begins, if not at `/v1`.
ROOTS: Final = {
    "fal": "",
    "comfyui": "",
    "vertex": "/v1/projects/preview/locations/us-central1",
    "ark": "/api/v3",
    "minimax": "/v2",
    "dashscope": "/api/v1",
    "comfy-api": "",
    "comfy-router": "/v2",
    "luma": "/dream-machine/v1",
}

NAMES: Final = tuple(CLASSES)
