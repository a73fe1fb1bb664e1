import type { Expression, Statement } from './c-syntax.ts';

/** Thrown for text that is not in the subset. */
export class SyntaxProblem extends Error {}

const TOKEN =
  /(?:\s+|\/\/[^\n]*)*([A-Za-z_]\w*(?:::\w+)*|\d+|"(?:[^"\\]|\\.)*"|->|-=|\+=|\+\+|&&|==|!=|<<|[^\s])/y;
const CONSTANT =
  /\{\nPFrElement aux_dest = &lvar\[(\d+)\];\n\/\/ load src\n\/\/ end load src\nFr_copy\(aux_dest,&circuitConstants\[(\d+)\]\);\n\}/y;
const TYPES = new Set([
  'uint',
  'int',
  'u64',
  'u32',
  'bool',
  'FrElement',
  'PFrElement',
  'IOFieldDef',
  'std::string',
  'std::map',
]);
/** Binary operators, loosest first. */
const LEVELS = [['&&'], ['==', '!=', '<', '>'], ['+', '-'], ['*']];

const EMPTY: Statement = { kind: 'block', body: [] };

/** Parses the block that begins at `position` of `text` with its opening brace. */
export function parseBlock(text: string, position: number): Statement {
  return new Parser(text, position).statement();
}

class Parser {
  readonly #text: string;
  #token = '';
  /** After the current token. */
  #end: number;
  #ended = false;

  constructor(text: string, position: number) {
    this.#text = text;
    this.#end = position;
    this.#advance();
  }

  statement(): Statement {
    switch (this.#token) {
      case '{':
        return this.#constant() ?? this.#block();
      case 'if': {
        this.#advance();
        const condition = this.#parenthesized();
        const then = this.statement();
        if (!this.#is('else')) return { kind: 'if', condition, then };
        this.#advance();
        return { kind: 'if', condition, then, else: this.statement() };
      }
      case 'while':
        this.#advance();
        return { kind: 'while', condition: this.#parenthesized(), body: this.statement() };
      case 'for': {
        this.#advance();
        this.#take('(');
        const first = this.#declaration();
        const condition = this.#expression();
        this.#take(';');
        const next = this.#expression();
        this.#take(')');
        return { kind: 'for', first, condition, next, body: this.statement() };
      }
      case 'return':
        this.#advance();
        this.#take(';');
        return { kind: 'return' };
      case ';':
        this.#advance();
        return EMPTY;
      // What is printed when an assertion fails: the assertion itself follows.
      case 'std::cout':
        while (!this.#is(';')) this.#advance();
        this.#advance();
        return EMPTY;
    }
    if (TYPES.has(this.#token)) return this.#declaration();
    const expression = this.#expression();
    this.#take(';');
    return { kind: 'expression', expression };
  }

  #constant(): Statement | undefined {
    CONSTANT.lastIndex = this.#end - 1;
    const match = CONSTANT.exec(this.#text);
    if (match === null) return undefined;
    this.#end = CONSTANT.lastIndex;
    this.#advance();
    return { kind: 'constant', to: Number(match[1]), from: Number(match[2]) };
  }

  #block(): Statement {
    this.#take('{');
    const body: Statement[] = [];
    while (!this.#is('}')) body.push(this.statement());
    this.#take('}');
    return { kind: 'block', body };
  }

  #declaration(): Statement {
    const type = this.#token;
    this.#advance();
    // A map's types say nothing that its values do not.
    if (this.#is('<')) {
      while (!this.#is('>')) this.#advance();
      this.#advance();
    }
    while (this.#is('*')) this.#advance();
    const name = this.#name();
    let size: Expression | undefined;
    if (this.#is('[')) {
      this.#advance();
      size = this.#expression();
      this.#take(']');
    }
    let value: Expression | undefined;
    if (this.#is('=')) {
      this.#advance();
      value = this.#initial();
    } else if (this.#is('{')) value = this.#initial();
    this.#take(';');
    return { kind: 'declare', type, name, size, value };
  }

  #initial(): Expression {
    return this.#is('{') ? { kind: 'list', items: this.#list('{', '}') } : this.#expression();
  }

  #list(open: string, close: string): Expression[] {
    this.#take(open);
    const items: Expression[] = [];
    while (this.#token !== close) {
      items.push(this.#initial());
      if (this.#is(',')) this.#advance();
    }
    this.#take(close);
    return items;
  }

  #parenthesized(): Expression {
    this.#take('(');
    const inner = this.#expression();
    this.#take(')');
    return inner;
  }

  #expression(): Expression {
    const target = this.#binary(0);
    if (!this.#is('=') && !this.#is('-=') && !this.#is('+=')) return target;
    const operator = this.#token;
    this.#advance();
    return { kind: 'assign', operator, target, value: this.#expression() };
  }

  #binary(level: number): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    while (operators.includes(this.#token)) {
      const operator = this.#token;
      this.#advance();
      left = { kind: 'binary', operator, left, right: this.#binary(level + 1) };
    }
    return left;
  }

  #unary(): Expression {
    const operator = this.#token;
    if (operator === '&' || operator === '!' || operator === '-' || operator === '*') {
      this.#advance();
      return { kind: 'unary', operator, operand: this.#unary() };
    }
    return this.#postfix();
  }

  #postfix(): Expression {
    let base = this.#primary();
    for (;;) {
      if (this.#is('[')) {
        this.#advance();
        base = { kind: 'index', base, at: this.#expression() };
        this.#take(']');
      } else if (this.#is('(')) {
        base = { kind: 'call', callee: base, args: this.#list('(', ')') };
      } else if (this.#is('.') || this.#is('->')) {
        this.#advance();
        base = { kind: 'member', base, name: this.#name() };
      } else if (this.#is('++')) {
        this.#advance();
        base = { kind: 'assign', operator: '+=', target: base, value: { kind: 'number', value: 1 } };
      } else return base;
    }
  }

  #primary(): Expression {
    const token = this.#token;
    if (token === '(') return this.#parenthesized();
    if (token === 'new') {
      this.#advance();
      this.#name();
      this.#take('[');
      const size = this.#expression();
      this.#take(']');
      return { kind: 'new', size, items: this.#is('{') ? this.#list('{', '}') : [] };
    }
    if (/^\d/.test(token)) {
      this.#advance();
      return { kind: 'number', value: Number(token) };
    }
    if (token.startsWith('"')) {
      this.#advance();
      return { kind: 'text', value: token.slice(1, -1) };
    }
    return { kind: 'name', name: this.#name() };
  }

  #is(token: string): boolean {
    return this.#token === token;
  }

  #name(): string {
    const name = this.#token;
    if (!/^[A-Za-z_]/.test(name)) throw this.#problem('a name');
    this.#advance();
    return name;
  }

  #take(token: string): void {
    if (this.#token !== token) throw this.#problem(token);
    this.#advance();
  }

  #advance(): void {
    TOKEN.lastIndex = this.#end;
    const match = TOKEN.exec(this.#text);
    this.#token = match?.[1] ?? '';
    this.#end = match === null ? this.#text.length : TOKEN.lastIndex;
    if (match === null && this.#ended) throw new SyntaxProblem('the text ends in a block');
    this.#ended = match === null;
  }

  #problem(expected: string): SyntaxProblem {
    const line = this.#text.slice(this.#end - this.#token.length).split('\n', 1)[0] ?? '';
    return new SyntaxProblem(`expected ${expected} before: ${line.slice(0, 100)}`);
  }
}
