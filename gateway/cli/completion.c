/* Completion for bash, from the option table. */
#include <stdio.h>

#include "cli/cli.h"

static int completion_run(const struct cli_args *args)
{
    (void)args; /* takes none */
    size_t n;
    const struct cli_command *const *commands = cli_commands(&n);
    printf("_waypost()\n{\n    local words=--help\n    case \"${COMP_WORDS[1]}\" in\n");
    for (size_t i = 0; i < n; i++) {
        printf("    %s) words+='", commands[i]->name);
        for (const struct cli_option *o = commands[i]->options; o->name != NULL; o++)
            printf(" --%s", o->name);
        printf("' ;;\n");
    }
    printf("    esac\n    if [ \"$COMP_CWORD\" = 1 ]; then\n        words='");
    for (size_t i = 0; i < n; i++)
        printf("%s ", commands[i]->name);
    printf("--help --version'\n    fi\n"
           "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
           "}\ncomplete -o default -F _waypost waypost\n");
    return EX_OK;
}

const struct cli_command cli_completion = {
    .name = "completion",
    .summary = "print the completion for bash",
    .usage = "completion > /etc/bash_completion.d/waypost",
    .run = completion_run,
};
