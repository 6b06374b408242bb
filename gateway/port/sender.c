#include "port/sender.h"

void sender_post(struct sender *s, const struct sender_request *request, sender_on_answer *fn,
                 void *ctx)
{
    s->ops->post(s, request, fn, ctx);
}

void sender_free(struct sender *s)
{
    if (s != NULL)
        s->ops->free(s);
}
