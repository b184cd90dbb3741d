/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/context_private.h"

/*
 * The items of a parallel loop fail in any order, but the message that is left must not depend on
 * it. So each item writes into a scope of its own, and the loop picks one.
 */
static _Thread_local l2osr__message_scope *innermost;

void l2osr__message_scope_enter(l2osr__message_scope *scope, const l2osr_context *ctx) {
    scope->ctx = ctx;
    scope->outer = innermost;
    scope->message.text[0] = '\0';
    scope->message.callback_value = 0;
    innermost = scope;
}

void l2osr__message_scope_leave(const l2osr__message_scope *scope) {
    innermost = scope->outer;
}

/* The scope of this thread for messages of the context; NULL outside of its loops. */
static l2osr__message_scope *scope_of(const l2osr_context *ctx) {
    l2osr__message_scope *scope = innermost;
    while (scope && scope->ctx != ctx)
        scope = scope->outer;
    return scope;
}

/* The value of a failed callback outlives failures of other kinds. */
static void overwrite(l2osr__message *old, const l2osr__message *message) {
    int kept = old->callback_value;
    *old = *message;
    if (message->callback_value == 0)
        old->callback_value = kept;
}

void l2osr__message_set(l2osr_context *ctx, const l2osr__message *message) {
    l2osr__message_scope *scope = scope_of(ctx);
    if (scope) {
        overwrite(&scope->message, message);
        return;
    }
    pthread_mutex_lock(&ctx->message_mutex);
    overwrite(&ctx->message, message);
    pthread_mutex_unlock(&ctx->message_mutex);
}

/* By way of a copy, as the arguments may well include the message that is replaced. */
static void record(l2osr_context *ctx, int callback_value, const char *format, va_list arguments) {
    l2osr__message message = {.callback_value = callback_value};
    vsnprintf(message.text, sizeof message.text, format, arguments);
    l2osr__message_set(ctx, &message);
}

l2osr_status l2osr__fail(l2osr_context *ctx, l2osr_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    record(ctx, 0, format, arguments);
    va_end(arguments);
    return status;
}

l2osr_status l2osr__fail_callback(l2osr_context *ctx, int value, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    record(ctx, value, format, arguments);
    va_end(arguments);
    return L2OSR_ECALLBACK;
}

static const l2osr__message *message_of(const l2osr_context *ctx) {
    const l2osr__message_scope *scope = scope_of(ctx);
    return scope ? &scope->message : &ctx->message;
}

const char *l2osr_context_errmsg(const l2osr_context *ctx) {
    return ctx ? message_of(ctx)->text : "";
}

int l2osr_context_callback_value(const l2osr_context *ctx) {
    return message_of(ctx)->callback_value;
}

void l2osr__log(l2osr_context *ctx, l2osr_log_level level, const char *format, ...) {
    char line[L2OSR__MESSAGE_SIZE];
    va_list arguments;
    if (!ctx->options.log)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    ctx->options.log(ctx->options.log_user, level, line);
}
