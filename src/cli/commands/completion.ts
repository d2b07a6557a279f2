import type { Command } from 'commander';

export function completion(_program: Command, _shell: string): void {}
