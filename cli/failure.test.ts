import { describe, expect, it } from 'vitest';
import { MillraceError } from '../protocol/error.ts';
import { reportFailure } from './failure.ts';

function report(error: unknown): { code: number; text: string } {
  let text = '';
  const code = reportFailure(error, (part) => {
    text += part;
  });
  return { code, text };
}

describe('reportFailure', () => {
  it('says what, where and what to do, without a stack', () => {
    const { code, text } = report(
      new MillraceError('input', 'bad-file', 'The file is broken.', {
        details: { line: 7, found: 5n },
        fix: 'Mend line 7.',
      }),
    );
    expect(code).toBe(2);
    expect(text).toBe(
      'millrace: The file is broken. [bad-file]\n  line: 7\n  found: "5"\n  what to do: Mend line 7.\n',
    );
  });

  it('tells refused states and internal failures apart', () => {
    expect(report(new MillraceError('refused', 'x', 'No.')).code).toBe(3);
    const { code, text } = report(
      new MillraceError('internal', 'x', 'Broken.', { cause: new Error('disk full') }),
    );
    expect(code).toBe(1);
    expect(text).toContain('disk full');
    expect(report(new TypeError('boom')).text).toContain('internal failure: TypeError: boom');
  });

  it('shows no key or password of a URL that a library quotes', () => {
    const quoting = new Error(
      'server response 401 (info={ "requestUrl": "https://eth.example:8545/v3/KEY" }) redis://:WORD@10.0.0.1:6379',
    );
    for (const error of [quoting, new MillraceError('internal', 'x', 'Broken.', { cause: quoting })]) {
      const { text } = report(error);
      expect(text).toContain('"https://eth.example:8545/..." }) redis://10.0.0.1:6379/...');
      expect(text).not.toMatch(/KEY|WORD/);
    }
  });
});
