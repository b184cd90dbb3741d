/* SPDX-License-Identifier: MIT */
/** @file l2osr.h Everything: learned optimizers that are trained, distilled, tuned and used. */
#ifndef L2OSR_H
#define L2OSR_H

#include "l2osr/analysis.h"
#include "l2osr/compose.h"
#include "l2osr/context.h"
#include "l2osr/data.h"
#include "l2osr/emit.h"
#include "l2osr/family.h"
#include "l2osr/mapping.h"
#include "l2osr/meta.h"
#include "l2osr/model.h"
#include "l2osr/networks.h"
#include "l2osr/problems.h"
#include "l2osr/rule.h"
#include "l2osr/sr.h"
#include "l2osr/status.h"
#include "l2osr/stepper.h"
#include "l2osr/task.h"
#include "l2osr/tune.h"
#include "l2osr/version.h"

#endif
