/** Small dealings with WebGL2 that the vessel layer needs. */
export interface Program {
  program: WebGLProgram;
  at: (name: string) => WebGLUniformLocation | null;
}

export function compile(gl: WebGL2RenderingContext, vertex: string, fragment: string): Program {
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) { // prettier-ignore
    const shader = gl.createShader(kind);
    if (!shader) throw new Error("no shader: the WebGL context is lost");
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost())
      throw new Error(`shader: ${gl.getShaderInfoLog(shader) ?? ""}`);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
    throw new Error(`program: ${gl.getProgramInfoLog(program) ?? ""}`);
  const known = new Map<string, WebGLUniformLocation | null>();
  return {
    program,
    at: (name) => {
      if (!known.has(name)) known.set(name, gl.getUniformLocation(program, name));
      return known.get(name) ?? null;
    },
  };
}

/** A vertex array over records of 36 bytes: 8 floats and 4 bytes. `divisor` 1 for one record per instance. */
export function recordArray(gl: WebGL2RenderingContext, buffer: WebGLBuffer, divisor: number): WebGLVertexArrayObject {
  const array = gl.createVertexArray();
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  for (let location = 0; location < 4; location++) {
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, 2, gl.FLOAT, false, 36, 8 * location);
    gl.vertexAttribDivisor(location, divisor);
  }
  gl.enableVertexAttribArray(4);
  gl.vertexAttribIPointer(4, 4, gl.UNSIGNED_BYTE, 36, 32);
  gl.vertexAttribDivisor(4, divisor);
  gl.bindVertexArray(null);
  return array;
}
