/* SPDX-License-Identifier: MIT */
/* The words of CUDA. */
#include "rule/emit_loops.h"

static const char file[] =
    " *\n"
    " * A state belongs to one group of n parameters, such as a tensor: reductions such as norm(g) "
    "and\n"
    " * per-group constants are its own. Numbers of the step are computed by the host; a rule "
    "with\n"
    " * reductions therefore waits for the stream in each step. Sums are made in a fixed order.\n"
    " *\n"
    " *     cudaError_t %1$s_init(struct %1$s_state *state, size_t n, size_t group)\n"
    " *         allocates on the current device; the group, from 0, chooses among per-group "
    "constants\n"
    " *     cudaError_t %1$s_free(struct %1$s_state *state)\n"
    " *     cudaError_t %1$s_step(cudaStream_t stream, struct %1$s_state *state, REAL *x,\n"
    " *                           const REAL *g, double lr, double wd)\n"
    " *         changes the parameters x by one step, given their gradient g, both on the device; "
    "lr\n"
    " *         and wd are step size and weight decay, negative for those of the rule; what the "
    "rule\n"
    " *         does not read is ignored\n"
    " *\n"
    " * Gradients are not checked: a NaN stays in the state. Arrays must not overlap. nvcc fuses\n"
    " * products and sums unless it is told -fmad=false.\n"
    " */\n"
    "#include <cuda_runtime.h>\n"
    "#include <math.h>\n"
    "#include <stddef.h>\n"
    "#include <stdint.h>\n"
    "\n"
    "enum { %1$s_BLOCKS = 1024, %1$s_THREADS = 256 };\n"
    "\n"
    "struct %1$s_state {\n"
    "    size_t n, group;\n"
    "    uint64_t step;\n"
    "    double cells[%2$s]; /* numbers that the group remembers */\n"
    "    double *memory; /* on the device: sums, their parts, and what each parameter remembers "
    "*/\n"
    "};\n"
    "\n"
    "cudaError_t %1$s_init(struct %1$s_state *state, size_t n, size_t group);\n"
    "cudaError_t %1$s_free(struct %1$s_state *state);\n"
    "cudaError_t %1$s_step(cudaStream_t stream, struct %1$s_state *state, REAL *x, const REAL *g,\n"
    "                      double lr, double wd);\n"
    "\n";

static const char sum[] =
    "static __device__ void %1$s_add(double value, double *sum) {\n"
    "    __shared__ double part[%1$s_THREADS];\n"
    "    part[threadIdx.x] = value;\n"
    "    __syncthreads();\n"
    "    for (unsigned width = %1$s_THREADS / 2; width > 0; width /= 2) {\n"
    "        if (threadIdx.x < width)\n"
    "            part[threadIdx.x] += part[threadIdx.x + width];\n"
    "        __syncthreads();\n"
    "    }\n"
    "    if (threadIdx.x == 0)\n"
    "        *sum = part[0];\n"
    "    __syncthreads();\n"
    "}\n"
    "\n"
    "/* One block a sum adds up what the blocks of a pass have left. */\n"
    "static __global__ void %1$s_finish(double *sums, const double *parts) {\n"
    "    double sum = 0;\n"
    "    for (unsigned i = threadIdx.x; i < %1$s_BLOCKS; i += %1$s_THREADS)\n"
    "        sum += parts[(size_t)blockIdx.x * %1$s_BLOCKS + i];\n"
    "    %1$s_add(sum, sums + blockIdx.x);\n"
    "}\n"
    "\n";

static const char setup[] =
    "cudaError_t %1$s_init(struct %1$s_state *state, size_t n, size_t group) {\n"
    "    const struct %1$s_state fresh = {n, group, 0, {0}, NULL};\n"
    "    const size_t sums = (size_t)%4$s * (1 + %1$s_BLOCKS) * sizeof(double);\n"
    "    const size_t size = sums + (%3$s * n + 1) * sizeof(REAL);\n"
    "    *state = fresh;\n"
    "    cudaError_t error = cudaMalloc((void **)&state->memory, size);\n"
    "    if (error != cudaSuccess)\n"
    "        return error;\n"
    "    return cudaMemset(state->memory, 0, size);\n"
    "}\n"
    "\n"
    "cudaError_t %1$s_free(struct %1$s_state *state) {\n"
    "    const cudaError_t error = cudaFree(state->memory);\n"
    "    state->memory = NULL;\n"
    "    return error;\n"
    "}\n"
    "\n";

static const char step[] =
    "cudaError_t %1$s_step(cudaStream_t stream, struct %1$s_state *state, REAL *x, const REAL *g,\n"
    "                      double lr, double wd) {\n"
    "    const size_t n = state->n;\n";

/* What a pass has added up comes to the host before numbers are computed from it. */
static const char collect[] =
    "    %1$s_finish<<<%2$s, %1$s_THREADS, 0, stream>>>(state->memory, state->memory + %2$s);\n"
    "    {\n"
    "        cudaError_t error = cudaMemcpyAsync(sums, state->memory, sizeof sums,\n"
    "                                            cudaMemcpyDeviceToHost, stream);\n"
    "        if (error == cudaSuccess)\n"
    "            error = cudaStreamSynchronize(stream);\n"
    "        if (error != cudaSuccess)\n"
    "            return error;\n"
    "    }\n";

#define LOOP                                                                                       \
    "    for (size_t i = (size_t)blockIdx.x * %1$s_THREADS + threadIdx.x; i < n;\n"                \
    "         i += (size_t)%1$s_BLOCKS * %1$s_THREADS) {\n"

static const l2osr__dialect words = {
    .file = file,
    .sum = sum,
    .pass = "static __global__ void %1$s_%2$s(",
    .restricts = "__restrict__ %2$s",
    .loop = {LOOP, LOOP},
    .margin = {"        ", "        "},
    .end = {"    }\n", "    }\n"},
    .sum_begin = "    double sum%2$s = 0;\n",
    .sum_add = "        sum%2$s += %3$s;\n",
    .sum_end = "    %1$s_add(sum%2$s, sums + %2$s * %1$s_BLOCKS + blockIdx.x);\n",
    .call = {"    %1$s_%2$s<<<%1$s_BLOCKS, %1$s_THREADS, 0, stream>>>(", collect},
    .sums = "state->memory + %2$s",
    .setup = setup,
    .step = step,
    .group = "    const size_t group = state->group;\n",
    .cells = "    double *const cells = state->cells;\n",
    .planes = "    REAL *const planes = (REAL *)(state->memory + %3$s * (1 + %1$s_BLOCKS));\n"
              "    const size_t stride = n;\n",
    .count = "    const uint64_t step = ++state->step;\n",
    .step_end = "    return cudaGetLastError();\n}\n",
};

l2osr_status l2osr__emit_cuda(const l2osr__emitter *e) {
    return l2osr__loops_write(e, &words);
}
